// Everything that is signed in to this mailbox; what is lost or no longer used is removed here.

import { useEffect, useState } from 'preact/hooks';
import type { Device } from '../../../src/contract/devices.ts';
import { Facts } from '../../look/facts.tsx';
import { PageTitle } from '../../look/frame.tsx';
import { Instant } from '../../look/instant.tsx';
import { Loading, Pill } from '../../look/panel.tsx';
import { announce } from '../../look/toasts.tsx';
import { useApp } from '../app-context.ts';
import { Confirm } from '../parts/confirm.tsx';
import { TroubleNotice } from '../parts/trouble-notice.tsx';
import { useText } from '../text.ts';
import { asTrouble, type Trouble } from '../trouble.ts';

export function DevicesPage() {
  const { model } = useApp();
  const all = useText();
  const text = all.devices;
  const [devices, setDevices] = useState<Device[]>();
  const [trouble, setTrouble] = useState<Trouble>();
  const [removing, setRemoving] = useState<Device>();
  const load = async () => {
    try {
      setDevices(await model.client.devices());
      setTrouble(undefined);
    } catch (error) {
      setTrouble(asTrouble(error));
      model.failed(error);
    }
  };
  useEffect(() => {
    void load();
  }, []);
  const remove = async ({ installationId }: Device): Promise<Trouble | undefined> => {
    try {
      await model.client.removeDevice(installationId);
    } catch (error) {
      return asTrouble(error);
    }
    announce(text.removed);
    await load();
    return undefined;
  };
  return (
    <>
      <PageTitle title={text.title} lead={text.lead} />
      {trouble && (
        <TroubleNotice trouble={trouble}>
          <div class="actions">
            <button type="button" class="button" onClick={() => void load()}>
              {all.retry}
            </button>
          </div>
        </TroubleNotice>
      )}
      {devices === undefined ? (
        trouble === undefined && <Loading />
      ) : (
        <ul class="devices">
          {inOrder(devices).map(device => (
            <DeviceCard key={device.installationId} device={device} onRemove={() => setRemoving(device)} />
          ))}
        </ul>
      )}
      {devices?.length === 1 && <p class="muted">{text.alone}</p>}
      {removing && (
        <Confirm
          title={text.removeTitle(removing.name ?? text.unnamed)}
          action={text.remove}
          act={() => remove(removing)}
          onClose={() => setRemoving(undefined)}
        >
          <p>{text.removeText}</p>
        </Confirm>
      )}
    </>
  );
}

/** This one first, then the one that was used last. */
function inOrder(devices: readonly Device[]): Device[] {
  return devices.toSorted(
    (a, b) => Number(b.thisDevice) - Number(a.thisDevice) || b.lastSeenAt - a.lastSeenAt,
  );
}

function DeviceCard({ device, onRemove }: { device: Device; onRemove(): void }) {
  const text = useText().devices;
  const name = device.name ?? text.unnamed;
  const live = device.subscriptions.filter(({ endedAt }) => endedAt === null);
  const ends = live.map(({ expiresAt }) => expiresAt).toSorted((a, b) => b - a)[0];
  return (
    <li class="panel">
      <header>
        <h2>
          <bdi>{name}</bdi>
        </h2>
        {device.thisDevice && <Pill tone="accent">{text.thisDevice}</Pill>}
        <Pill tone={live.length > 0 ? 'good' : undefined}>
          {live.length > 0 ? text.badgeOn : text.badgeOff}
        </Pill>
        {!device.thisDevice && (
          <div class="actions">
            <button
              type="button"
              class="button compact danger"
              aria-label={`${text.remove}: ${name}`}
              onClick={onRemove}
            >
              {text.remove}
            </button>
          </div>
        )}
      </header>
      <Facts
        facts={[
          [text.lastSeen, <Instant key="seen" at={device.lastSeenAt} />],
          [text.signedIn, <Instant key="signed-in" at={device.signedInAt} />],
          ends !== undefined && [text.ends, <Instant key="ends" at={ends} />],
        ]}
      />
    </li>
  );
}
