import type { CountPolicy } from '../../contract/devices.ts';
import type { Language } from '../../contract/languages.ts';
import type { PayloadForm, Presentation, WebPushKeys } from '../../contract/push-targets.ts';
import type { TargetDescription } from '../../contract/registration.ts';

/** What a device asks for, with what its proxy knows by itself. */
export type SubscribeRequest = {
  mailboxId: string;
  installationId: string;
  appId: string;
  sealedTarget: string;
  /** What the relay says of the sealed target: a device's word is not enough. */
  target: TargetDescription;
  policy: CountPolicy;
  presentation: Presentation;
  keys?: WebPushKeys | undefined;
  form: PayloadForm;
  language: Language;
  previews: boolean;
  previewKeys?: WebPushKeys | undefined;
};
