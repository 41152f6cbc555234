// What the device is, as far as words depend on it: how to install the app here, where notifications are allowed, and
// what the device is called at first. What a browser can do is asked of the browser, never of its name.

export type Platform = {
  system: 'ios' | 'android' | 'mac' | 'windows' | 'linux' | 'other';
  browser: 'safari' | 'firefox' | 'chromium' | 'other';
  /** A name for the person's list of devices. */
  name: string;
};

type Navigator = { userAgent: string; maxTouchPoints: number };

const browsers: readonly [pattern: RegExp, name: string, browser: Platform['browser']][] = [
  [/Firefox\/|FxiOS\//, 'Firefox', 'firefox'],
  [/Edg(e|A|iOS)?\//, 'Edge', 'chromium'],
  [/OPR\/|Opera\//, 'Opera', 'chromium'],
  [/SamsungBrowser\//, 'Samsung Internet', 'chromium'],
  [/Chrome\/|CriOS\/|Chromium\//, 'Chrome', 'chromium'],
  [/Safari\//, 'Safari', 'safari'],
];

export function platformOf({ userAgent, maxTouchPoints }: Navigator): Platform {
  const [, browserName, browser] = browsers.find(([pattern]) => pattern.test(userAgent)) ?? [
    undefined,
    undefined,
    'other' as const,
  ];
  const { system, systemName } = systemOf(userAgent, maxTouchPoints);
  // On iOS every browser is Safari inside, and a phone is known by its own name.
  if (system === 'ios') return { system, browser: 'safari', name: systemName };
  return { system, browser, name: [systemName, browserName].filter(Boolean).join(' · ') };
}

function systemOf(agent: string, touchPoints: number): { system: Platform['system']; systemName: string } {
  if (/iPhone|iPod/.test(agent)) return { system: 'ios', systemName: 'iPhone' };
  // iPadOS calls itself a Mac; no Mac has a touch screen.
  if (/iPad/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) {
    return { system: 'ios', systemName: 'iPad' };
  }
  if (/Android/.test(agent)) return { system: 'android', systemName: 'Android' };
  if (/Macintosh/.test(agent)) return { system: 'mac', systemName: 'Mac' };
  if (/Windows/.test(agent)) return { system: 'windows', systemName: 'Windows' };
  if (/CrOS/.test(agent)) return { system: 'other', systemName: 'Chromebook' };
  if (/Linux|X11/.test(agent)) return { system: 'linux', systemName: 'Linux' };
  return { system: 'other', systemName: '' };
}

/** Where "allow notifications" is found. */
export function permissionGuideOf({
  system,
  browser,
}: Platform): 'ios' | 'android' | 'safari-mac' | 'firefox' | 'chromium' {
  if (system === 'ios' || system === 'android') return system;
  if (browser === 'safari') return 'safari-mac';
  return browser === 'firefox' ? 'firefox' : 'chromium';
}

/** How the app is put on the home screen here; undefined where the browser has no way to. */
export function installGuideOf({
  system,
  browser,
}: Platform): 'ios' | 'android' | 'safariMac' | 'desktop' | undefined {
  if (system === 'ios' || system === 'android') return system;
  if (browser === 'safari') return 'safariMac';
  return browser === 'chromium' ? 'desktop' : undefined;
}

/** Whether to say so, and whether the person may put it off: on iPhone and iPad there is no badge without it. */
export function installHintOf(
  platform: Platform,
  { standalone, putOff }: { standalone: boolean; putOff: boolean },
): { guide: NonNullable<ReturnType<typeof installGuideOf>>; needed: boolean } | undefined {
  const guide = installGuideOf(platform);
  const needed = platform.system === 'ios';
  return standalone || guide === undefined || (putOff && !needed) ? undefined : { guide, needed };
}
