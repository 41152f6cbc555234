// How to put the app on the home screen here: shown where it is of use, until it is done or the person says "not now".

import { useState } from 'preact/hooks';
import { recall, remember } from '../../look/memory.ts';
import { Panel } from '../../look/panel.tsx';
import { useApp } from '../app-context.ts';
import { useInstallPrompt } from '../install-prompt.ts';
import { installHintOf } from '../platform.ts';
import { useText } from '../text.ts';

export function InstallHint() {
  const { browser, platform } = useApp();
  const text = useText().install;
  const prompt = useInstallPrompt();
  const [hidden, setHidden] = useState(recall('install-later') !== null);
  const hint = installHintOf(platform, { standalone: browser.standalone(), putOff: hidden });
  if (hint === undefined) return null;
  const { guide, needed } = hint;
  const onDesktop = guide === 'desktop' || guide === 'safariMac';
  return (
    <Panel title={onDesktop ? text.titleDesktop : text.title}>
      <p class="muted">{needed ? text.whyIos : text.why}</p>
      {prompt === undefined && (
        <ol class="guide">
          {text.guides[guide].map(step => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
      {!needed && (
        <div class="actions">
          {prompt && (
            <button type="button" class="button" onClick={() => void prompt()}>
              {text.button}
            </button>
          )}
          <button
            type="button"
            class="button quiet"
            onClick={() => {
              remember('install-later', '1');
              setHidden(true);
              document.getElementById('main')?.focus({ preventScroll: true }); // the button goes
            }}
          >
            {text.later}
          </button>
        </div>
      )}
    </Panel>
  );
}
