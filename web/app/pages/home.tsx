// The first page: the number, the badge, the latest unseen messages, and what needs the person.

import { PageTitle } from '../../look/frame.tsx';
import { Instant, useNow, useNumber } from '../../look/instant.tsx';
import { Notice } from '../../look/panel.tsx';
import { to } from '../../look/router.ts';
import { useApp } from '../app-context.ts';
import { AppIcon } from '../parts/app-icon.tsx';
import { BadgePanel } from '../parts/badge-panel.tsx';
import { InstallHint } from '../parts/install-hint.tsx';
import { MessageList } from '../parts/message-list.tsx';
import { TroubleNotice } from '../parts/trouble-notice.tsx';
import { useText } from '../text.ts';

export function HomePage() {
  const { view, browser } = useApp();
  const installFirst = browser.obstacle() === 'not-installed';
  const badgeFirst = !view.active || view.turningOn !== undefined || view.badgeTrouble !== undefined;
  const order = installFirst ? 'install-first' : badgeFirst ? 'badge-first' : '';
  return (
    <div class={`home ${order}`}>
      <Notices />
      <Hero />
      <div class="home-badge">
        <BadgePanel />
      </div>
      <MessageList />
      <div class="home-hint">
        {/* not before what stands above it: it would be pushed down */}
        {(installFirst || view.inbox !== undefined || !view.refreshing) && <InstallHint />}
      </div>
    </div>
  );
}

function Hero() {
  const { view } = useApp();
  const text = useText().home;
  const number = useNumber();
  const { count, inbox, active, mailbox } = view;
  const unseen = inbox?.unseen ?? (active?.wishes.policy === 'since-viewed' ? undefined : count?.badge);
  const title =
    unseen === undefined ? text.unknown : unseen === 0 ? text.none : text.unseen(unseen, number(unseen));
  return (
    <div class="hero">
      <AppIcon badge={count?.badge} />
      <div>
        <PageTitle title={title} />
        <p class="muted">
          <bdi>{mailbox}</bdi>
        </p>
        {active?.wishes.policy === 'since-viewed' && count !== undefined && (
          <p class="small">{text.sinceViewed(count.badge, number(count.badge))}</p>
        )}
      </div>
      <p class="visually-hidden" role="status" aria-live="polite">
        {unseen !== undefined && title}
      </p>
    </div>
  );
}

const soonMs = 7 * 24 * 60 * 60_000;

function Notices() {
  const { model, view } = useApp();
  const now = useNow();
  const text = useText();
  const { trouble, count, sessionExpiresAt } = view;
  return (
    <div class="home-notices">
      {trouble?.code === 'offline' ? (
        <Notice kind="warn" alert>
          <p>
            <strong>{text.problems.offline.title}</strong>
          </p>
          <p>
            {count === undefined ? (
              text.offline.unknown
            ) : (
              <>
                {text.offline.lastCount} <Instant at={count.at} />
              </>
            )}
          </p>
          <div class="actions">
            <button type="button" class="button" onClick={() => void model.refresh()}>
              {text.retry}
            </button>
          </div>
        </Notice>
      ) : (
        trouble && <TroubleNotice trouble={trouble} />
      )}
      {sessionExpiresAt !== undefined && sessionExpiresAt - now < soonMs && (
        <Notice kind="warn">
          <p>
            <strong>{text.expiry.soonTitle}</strong>
          </p>
          <p>
            {text.expiry.soonText} <Instant at={sessionExpiresAt} />
          </p>
          <div class="actions">
            <a class="button" href={to('/sign-in')}>
              {text.signIn.again}
            </a>
          </div>
        </Notice>
      )}
    </div>
  );
}
