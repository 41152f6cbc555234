// Which page an address shows. An organization's administrator has no list of organizations: theirs is the first page.

import type { ComponentChild } from 'preact';
import { PageTitle } from '../../look/frame.tsx';
import { matchPath, type Place, to } from '../../look/router.ts';
import { AccountPage } from './pages/account.tsx';
import { AdministratorsPage } from './pages/administrators.tsx';
import { ApprovePage } from './pages/approve.tsx';
import { AppsPage } from './pages/apps.tsx';
import { AuditPage } from './pages/audit.tsx';
import { KeysPage } from './pages/keys.tsx';
import { OrganizationPage } from './pages/organization.tsx';
import { OrganizationsPage } from './pages/organizations.tsx';
import { StatusPage } from './pages/status.tsx';
import { TrafficPage } from './pages/traffic.tsx';
import { type Session, useSession } from './session.ts';
import { useText } from './text.ts';

type Route = readonly [
  pattern: string,
  page: (parameters: Record<string, string>, place: Place) => ComponentChild,
];

const shared: readonly Route[] = [
  ['/organizations/:id', ({ id = '' }) => <OrganizationPage key={id} id={id} part="overview" />],
  [
    '/organizations/:id/credentials',
    ({ id = '' }) => <OrganizationPage key={id} id={id} part="credentials" />,
  ],
  ['/organizations/:id/traffic', ({ id = '' }) => <OrganizationPage key={id} id={id} part="traffic" />],
  ['/approve', (_, { query }) => <ApprovePage key={query.get('code')} code={query.get('code') ?? ''} />],
  ['/apps', () => <AppsPage />],
  ['/status', () => <StatusPage />],
  ['/administrators', () => <AdministratorsPage />],
  ['/audit', () => <AuditPage />],
  ['/account', () => <AccountPage />],
];

const forOperators: readonly Route[] = [
  ['/', () => <OrganizationsPage />],
  ['/organizations', () => <OrganizationsPage />],
  ['/traffic', () => <TrafficPage />],
  ['/keys', () => <KeysPage />],
];

function routesFor({ me }: Session): readonly Route[] {
  const { organization } = me;
  if (organization === null) return [...forOperators, ...shared];
  return [
    ['/', () => <OrganizationPage key={organization.id} id={organization.id} part="overview" />],
    ...shared,
  ];
}

export function RelayPage({ place }: { place: Place }) {
  const session = useSession();
  for (const [pattern, page] of routesFor(session)) {
    const parameters = matchPath(pattern, place.path);
    if (parameters !== undefined) return page(parameters, place);
  }
  return <NotFoundPage />;
}

function NotFoundPage() {
  const text = useText().notFound;
  return (
    <>
      <PageTitle title={text.title} lead={text.text} />
      <p>
        <a href={to('/')}>{text.home}</a>
      </p>
    </>
  );
}
