// "Test my badge": publishes it once more and follows it until it is back here, or says where it stopped.

import { useEffect, useRef, useState } from 'preact/hooks';
import { useNumber } from '../../look/instant.tsx';
import { Notice } from '../../look/panel.tsx';
import { Steps } from '../../look/steps.tsx';
import { useApp } from '../app-context.ts';
import { reportOf, type TestReport, type TestSoFar } from '../test-report.ts';
import { useText } from '../text.ts';
import { asTrouble, type Trouble } from '../trouble.ts';
import { listenToWorker } from '../worker-messages.ts';
import { ProblemWords, TroubleNotice } from './trouble-notice.tsx';

const longestMs = 15_000;
const pollMs = 700;

type Test = TestSoFar & { trouble?: Trouble };

export function BadgeTest() {
  const { model, view, browser } = useApp();
  const text = useText().test;
  const [test, setTest] = useState<Test>();
  const stop = useRef<() => void>(undefined);
  useEffect(() => () => stop.current?.(), []);
  const { status: before } = view;
  const report = test && reportOf(test);
  const running = test !== undefined && test.trouble === undefined && report?.verdict === undefined;

  const run = async () => {
    if (running || before === undefined) return;
    stop.current?.();
    const startedAt = performance.now();
    let now: Test = { before, status: undefined, arrivedAfterMs: undefined, timedOut: false };
    let over = false;
    const tell = (members: Partial<Test>) => {
      if (over) return;
      now = { ...now, ...members };
      // What came too late to be waited for is told all the same, when it comes.
      const settled = !now.timedOut && reportOf(now).verdict !== undefined;
      over = settled || now.trouble !== undefined || now.arrivedAfterMs !== undefined;
      if (over) stop.current?.();
      setTest(now);
    };
    const stopListening = listenToWorker(browser.workers, message => {
      if (message.kind === 'badge' && message.iconId === before.id)
        tell({ arrivedAfterMs: Math.round(performance.now() - startedAt) });
    });
    stop.current = () => {
      over = true;
      stopListening();
    };
    tell({});
    try {
      const status = await model.client.testBadge(before.id);
      while (!over && !now.timedOut) {
        const latest = now.status === undefined ? status : await model.client.iconStatus(before.id);
        model.took(latest);
        tell({ status: latest, timedOut: performance.now() - startedAt > longestMs });
        await new Promise(resolve => setTimeout(resolve, pollMs));
      }
    } catch (error) {
      tell({ trouble: asTrouble(error) });
    }
  };

  return (
    <div class="badge-test">
      {report && test && (
        <Steps
          label={text.title}
          steps={[
            { name: text.steps.published, state: test.trouble ? 'failed' : report.published },
            { name: text.steps.accepted, state: report.accepted },
            {
              name: <Arrived afterMs={test.arrivedAfterMs} />,
              state: report.arrived,
            },
          ]}
        />
      )}
      {test?.trouble ? <TroubleNotice trouble={test.trouble} /> : <Verdict verdict={report?.verdict} />}
      <button
        type="button"
        class="button"
        aria-disabled={running || before === undefined}
        onClick={() => void run()}
      >
        {running ? text.running : test ? text.again : text.button}
      </button>
    </div>
  );
}

function Arrived({ afterMs }: { afterMs: number | undefined }) {
  const text = useText().test;
  const number = useNumber();
  return <>{afterMs === undefined ? text.steps.arrived : text.arrivedAfter(number(afterMs))}</>;
}

function Verdict({ verdict }: { verdict: TestReport['verdict'] }) {
  const text = useText().test;
  switch (verdict) {
    case undefined:
      return null;
    case 'works':
      return (
        <Notice kind="good" alert>
          <p>
            <strong>{text.good}</strong>
          </p>
        </Notice>
      );
    case 'not-arrived':
    case 'slow':
      return (
        <Notice kind="warn" alert>
          <p>
            <strong>{verdict === 'slow' ? text.slow : text.notArrived}</strong>
          </p>
          <p>{verdict === 'slow' ? text.slowText : text.notArrivedText}</p>
        </Notice>
      );
    default:
      return (
        <Notice kind="bad" alert>
          <ProblemWords kind={verdict.problem} />
        </Notice>
      );
  }
}
