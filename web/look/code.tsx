// Text that goes elsewhere: codes to copy, thumbprints to compare.

import { useLookText } from './locale.tsx';
import { announce } from './toasts.tsx';

export function CodeBox({ code, label, large }: { code: string; label: string; large?: boolean }) {
  const text = useLookText();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      announce(text.copied);
    } catch {
      announce(text.copyFailed); // no permission, or not a secure context
    }
  };
  return (
    <div class={large ? 'code-box large' : 'code-box'}>
      <code>{code}</code>
      <button
        type="button"
        class="button compact"
        aria-label={`${text.copy}: ${label}`}
        onClick={() => void copy()}
      >
        {text.copy}
      </button>
    </div>
  );
}

/** Groups of eight, as the terminal prints it, because people compare groups. */
export function Thumbprint({ thumbprint }: { thumbprint: string }) {
  const groups = thumbprint.match(/.{1,8}/g) ?? [];
  return (
    <div class="thumbprint">
      <span class="visually-hidden">{groups.join(' ')}</span>
      {groups.map((group, index) => (
        <span aria-hidden="true" key={index}>
          {group}
        </span>
      ))}
    </div>
  );
}
