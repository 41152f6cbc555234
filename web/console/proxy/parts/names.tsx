import { to } from '../../../look/router.ts';
import { useText } from '../text.ts';

/** A device by the name that it gave itself, leading to why its badge shows what it shows. */
export function DeviceName({ iconId, deviceName }: { iconId: string; deviceName: string | null }) {
  const text = useText().icons;
  return (
    <a href={to(`/icons/why?${new URLSearchParams({ of: iconId })}`)} title={iconId}>
      {deviceName ?? text.unnamed}
    </a>
  );
}

export function MailboxName({ mailbox }: { mailbox: string }) {
  return <a href={to(`/mailboxes/why?${new URLSearchParams({ of: mailbox })}`)}>{mailbox}</a>;
}
