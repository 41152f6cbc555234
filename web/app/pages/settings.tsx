// What the badge counts, what leaves the organization, how the app looks, and the way out.

import { useState } from 'preact/hooks';
import { Facts } from '../../look/facts.tsx';
import { Check } from '../../look/fields.tsx';
import { PageTitle } from '../../look/frame.tsx';
import { Instant } from '../../look/instant.tsx';
import { LanguageSwitch } from '../../look/locale.tsx';
import { Panel } from '../../look/panel.tsx';
import { ThemeSwitch } from '../../look/theme.tsx';
import { announce } from '../../look/toasts.tsx';
import { useApp } from '../app-context.ts';
import { Confirm } from '../parts/confirm.tsx';
import { TroubleNotice } from '../parts/trouble-notice.tsx';
import type { Wishes } from '../state.ts';
import { useText } from '../text.ts';
import type { Trouble } from '../trouble.ts';

const policies = ['unseen', 'since-viewed'] as const;

export function SettingsPage() {
  const text = useText().settings;
  return (
    <>
      <PageTitle title={text.title} />
      <div class="columns">
        <BadgeSettings />
        <div class="stack">
          <Appearance />
          <Account />
          <Panel title={text.about}>
            <ul class="plain">
              {text.aboutText.map(line => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </Panel>
        </div>
      </div>
    </>
  );
}

function BadgeSettings() {
  const { model, view } = useApp();
  const all = useText();
  const text = all.settings;
  const [trouble, setTrouble] = useState<Trouble>();
  const [turningOff, setTurningOff] = useState(false);
  // What was clicked stays so while it is stored, whatever is drawn anew meanwhile.
  const [clicked, setClicked] = useState<Wishes>();
  const wishes = view.active && (clicked ?? view.active.wishes);
  const choose = async (chosen: Wishes) => {
    setClicked(chosen);
    const failure = await model.setWishes(chosen);
    setClicked(now => (now === chosen ? undefined : now));
    setTrouble(failure);
    if (failure === undefined) announce(text.saved);
  };
  return (
    <Panel title={all.badge.title}>
      {trouble && <TroubleNotice trouble={trouble} />}
      {!wishes ? (
        <p class="muted">{text.needBadge}</p>
      ) : (
        <>
          <fieldset class="choices">
            <legend>{text.policy}</legend>
            {policies.map(policy => (
              <label key={policy} class="choice">
                <input
                  type="radio"
                  name="policy"
                  checked={wishes.policy === policy}
                  onChange={() => void choose({ ...wishes, policy })}
                />
                <span>
                  <strong>{text.policies[policy].title}</strong>
                  <span class="muted small">{text.policies[policy].text}</span>
                </span>
              </label>
            ))}
          </fieldset>
          <Check
            label={<strong>{text.previews}</strong>}
            hint={
              <>
                {text.previewsText}
                {!wishes.previews && <br />}
                {!wishes.previews && text.previewsOff}
              </>
            }
            checked={wishes.previews}
            onChange={previews => void choose({ ...wishes, previews })}
          />
          <div class="actions">
            <button type="button" class="button danger" onClick={() => setTurningOff(true)}>
              {all.badge.turnOff}
            </button>
          </div>
        </>
      )}
      {turningOff && (
        <Confirm
          title={all.badge.turnOffTitle}
          action={all.badge.turnOff}
          act={async () => {
            const failure = await model.turnOff();
            if (failure === undefined) announce(all.badge.turnedOff);
            return failure;
          }}
          onClose={() => setTurningOff(false)}
        >
          <p>{all.badge.turnOffText}</p>
        </Confirm>
      )}
    </Panel>
  );
}

function Appearance() {
  const text = useText().settings;
  return (
    <Panel title={text.appearance}>
      <Facts
        facts={[
          [text.language, <LanguageSwitch key="language" />],
          [text.theme, <ThemeSwitch key="theme" />],
        ]}
      />
    </Panel>
  );
}

function Account() {
  const { model, view } = useApp();
  const text = useText().settings;
  const [leaving, setLeaving] = useState(false);
  return (
    <Panel title={text.account}>
      <Facts
        facts={[
          [text.signedInAs, <bdi key="mailbox">{view.mailbox}</bdi>],
          view.sessionExpiresAt !== undefined && [
            text.sessionEnds,
            <Instant key="ends" at={view.sessionExpiresAt} />,
          ],
        ]}
      />
      <div class="actions">
        <button type="button" class="button" onClick={() => setLeaving(true)}>
          {text.signOut}
        </button>
      </div>
      {leaving && (
        <Confirm
          title={text.signOutTitle}
          action={text.signOut}
          act={() => model.signOut()}
          onClose={() => setLeaving(false)}
        >
          <p>{text.signOutText}</p>
        </Confirm>
      )}
    </Panel>
  );
}
