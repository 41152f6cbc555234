// What the demo's page is told.

export type DemoIcon = { id: string; name: string; color: string; badge: number };

export type DemoMessage = { uid: number; from: string; subject: string; seen: boolean };

export type DemoState = {
  address: string;
  /** A command line that sends real mail to it. */
  swaks: string;
  webApp: { url: string; password: string };
  unseen: number;
  icons: DemoIcon[];
  messages: DemoMessage[];
};

/** The stations of a badge; `mail` and `counted` are of the mailbox, the others of one icon. */
export type DemoStepName = 'mail' | 'counted' | 'published' | 'accepted' | 'shown';

export type DemoStep = {
  trace: string;
  step: DemoStepName;
  /** ms since the epoch, with fractions. */
  at: number;
  icon?: string;
  badge?: number;
  /** Why it went no further, where it did not. */
  failed?: string;
};
