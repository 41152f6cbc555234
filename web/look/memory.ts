// What a browser keeps of a person's choices. Storage may be forbidden; then a choice lasts as long as the page.

const prefix = 'mailbadge.';

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    // forbidden or full
  }
}

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}

export function forget(name: string): void {
  try {
    localStorage.removeItem(prefix + name);
  } catch {
    // forbidden
  }
}

/** Calls with the new value whenever another window of this browser changes it. */
export function onChangedElsewhere(name: string, heard: (value: string | null) => void): void {
  window.addEventListener('storage', ({ key, newValue }) => {
    if (key === prefix + name) heard(newValue);
  });
}
