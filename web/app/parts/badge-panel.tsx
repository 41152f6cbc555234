// The badge of this device: off with one button, being turned on step by step, or on with how it stands.

import { useEffect, useRef } from 'preact/hooks';
import type { IconStatus } from '../../../src/contract/devices.ts';
import { Facts } from '../../look/facts.tsx';
import { Instant, useNumber } from '../../look/instant.tsx';
import { useLocale } from '../../look/locale.tsx';
import { Notice, Panel, Pill, type Tone } from '../../look/panel.tsx';
import { type StepState, Steps } from '../../look/steps.tsx';
import { useApp } from '../app-context.ts';
import type { TurnOnStep } from '../badge-switch.ts';
import { permissionGuideOf } from '../platform.ts';
import { isLimit, kindOfCode, kindOfReason } from '../problem-kind.ts';
import { useText } from '../text.ts';
import type { Trouble } from '../trouble.ts';
import { BadgeTest } from './badge-test.tsx';
import { ProblemWords, TroubleNotice } from './trouble-notice.tsx';

const defaultWishes = { policy: 'unseen', previews: false } as const;

export function BadgePanel() {
  const { view } = useApp();
  const { active, turningOn } = view;
  const place = useRef<HTMLDivElement>(null);
  const shown = turningOn !== undefined ? 'turning on' : active ? 'on' : 'off';
  const before = useRef(shown);
  useEffect(() => {
    const turned = before.current !== shown && [before.current, shown].includes('turning on');
    before.current = shown;
    // The button that was pressed went with what it stood in: who uses a keyboard goes on from here.
    if (turned && document.activeElement === document.body) place.current?.focus({ preventScroll: true });
  }, [shown]);
  if (active === undefined) return null; // this device's memory is being read
  return (
    <div ref={place} tabIndex={-1}>
      {shown === 'on' ? <BadgeOn /> : shown === 'off' ? <BadgeOff /> : <TurningOn />}
    </div>
  );
}

function TurningOn() {
  const { view } = useApp();
  return (
    <Panel title={useText().badge.turningOn}>
      {view.turningOn !== undefined && <TurnOnSteps at={view.turningOn} />}
    </Panel>
  );
}

function BadgeOff() {
  const { view, browser } = useApp();
  const text = useText().badge;
  const obstacle = browser.obstacle();
  const trouble: Trouble | undefined = view.badgeTrouble ?? (obstacle && { code: obstacle });
  return (
    <Panel title={text.offTitle}>
      {trouble === undefined ? <p class="muted">{text.offText}</p> : <BadgeTrouble trouble={trouble} />}
      {view.endedElsewhere && <Notice>{text.endedElsewhere}</Notice>}
      {(obstacle === undefined || obstacle === 'permission-denied') && <TurnOnButton />}
    </Panel>
  );
}

function TurnOnButton() {
  const { model, view } = useApp();
  const text = useText().badge;
  const locale = useLocale();
  return (
    <button
      type="button"
      class="button primary large"
      onClick={() => void model.turnOn(view.active?.wishes ?? defaultWishes, locale)}
    >
      {view.badgeTrouble === undefined ? text.turnOn : text.again}
    </button>
  );
}

const steps = ['permission', 'push-service', 'registration', 'code', 'subscription'] as const;

function TurnOnSteps({ at }: { at: TurnOnStep }) {
  const text = useText().badge;
  const current = steps.indexOf(at === 'ticket' ? 'registration' : at);
  const stateOf = (index: number): StepState =>
    index === current ? 'running' : index < current ? 'done' : 'waiting';
  return (
    <>
      {at === 'permission' && <p class="muted">{text.permissionAsk}</p>}
      <Steps
        label={text.turningOn}
        steps={steps.map((step, index) => ({ name: text.steps[step], state: stateOf(index) }))}
      />
    </>
  );
}

function BadgeTrouble({ trouble }: { trouble: Trouble }) {
  const { platform } = useApp();
  const text = useText().badge;
  const kind = kindOfCode(trouble.code);
  return (
    <TroubleNotice trouble={trouble} kind={kind === 'not-installed' ? 'warn' : 'bad'}>
      {kind === 'blocked' && (
        <ol class="guide">
          {text.allow[permissionGuideOf(platform)].map(step => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
    </TroubleNotice>
  );
}

const tones: Record<IconStatus['state'], Tone | undefined> = {
  shown: 'good',
  publishing: 'accent',
  waiting: 'warn',
  paused: 'bad',
  'publishing-disabled': 'warn',
  'not-counted': undefined,
};

function BadgeOn() {
  const { view } = useApp();
  const text = useText().badge;
  const number = useNumber();
  const { status, active, badgeTrouble } = view;
  // Past a limit only waiting helps.
  const again = badgeTrouble ? !isLimit(kindOfCode(badgeTrouble.code)) : status?.state === 'paused';
  return (
    <Panel
      title={text.onTitle}
      actions={status && <Pill tone={tones[status.state]}>{text.states[status.state]}</Pill>}
    >
      {badgeTrouble && <BadgeTrouble trouble={badgeTrouble} />}
      {status && <StatusNotice status={status} />}
      {again && <TurnOnButton />}
      <Facts
        facts={[
          [
            text.lastDelivery,
            status?.accepted ? (
              <span key="delivery">
                {text.delivered(number(status.accepted.badge))} · <Instant at={status.accepted.at} />
              </span>
            ) : status === undefined ? (
              '…'
            ) : (
              text.neverDelivered
            ),
          ],
          status?.retryAt != null && [text.retryAt, <Instant key="retry" at={status.retryAt} />],
          active != null && [text.expires, <Instant key="expires" at={active.expiresAt} />],
        ]}
      />
      <BadgeTest />
    </Panel>
  );
}

function StatusNotice({ status }: { status: IconStatus }) {
  const { state, lastProblem, watched } = status;
  const kind =
    state === 'publishing-disabled'
      ? 'publishing-off'
      : state === 'paused'
        ? 'register-again'
        : state === 'waiting' && lastProblem !== null
          ? kindOfReason(lastProblem.reason)
          : watched === 'unreachable'
            ? 'mail-server'
            : undefined; // refused and gone: the messages cannot be read either, and the page says why
  if (kind === undefined) return null;
  return (
    <Notice kind="warn">
      <ProblemWords kind={kind} />
    </Notice>
  );
}
