// Which page an address shows.

import type { ComponentChild } from 'preact';
import { PageTitle } from '../../look/frame.tsx';
import { type Place, to } from '../../look/router.ts';
import { DeliveriesPage } from './pages/deliveries.tsx';
import { IconsPage } from './pages/icons.tsx';
import { MailboxesPage } from './pages/mailboxes.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { SubscriptionsPage } from './pages/subscriptions.tsx';
import { TrustPage } from './pages/trust.tsx';
import { WhyPage } from './pages/why.tsx';
import { useText } from './text.ts';

const pages: Record<string, (query: URLSearchParams) => ComponentChild> = {
  '/': () => <OverviewPage />,
  '/mailboxes': () => <MailboxesPage />,
  '/mailboxes/why': query => <WhyPage key={query.get('of')} of={query.get('of') ?? ''} />,
  '/icons': () => <IconsPage />,
  '/icons/why': query => <WhyPage key={query.get('of')} of={query.get('of') ?? ''} />,
  '/subscriptions': () => <SubscriptionsPage />,
  '/deliveries': () => <DeliveriesPage />,
  '/trust': () => <TrustPage />,
};

export function ProxyPage({ place }: { place: Place }) {
  const text = useText().notFound;
  const page = pages[place.path];
  if (page !== undefined) return page(place.query);
  return (
    <>
      <PageTitle title={text.title} lead={text.text} />
      <p>
        <a href={to('/')}>{text.home}</a>
      </p>
    </>
  );
}
