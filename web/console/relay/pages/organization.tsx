// One organization. Its parts (overview, application and credentials, traffic) share what is loaded, so that going from one
// to the other shows something at once, and then what is true by now.

import { PageTitle } from '../../../look/frame.tsx';
import { Notice } from '../../../look/panel.tsx';
import { to } from '../../../look/router.ts';
import { Loaded } from '../../failure.tsx';
import { useResource } from '../../resource.ts';
import { OrganizationState } from '../parts/organization-state.tsx';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';
import { OrganizationCredentials } from './organization-credentials.tsx';
import { OrganizationOverview } from './organization-overview.tsx';
import { OrganizationTraffic } from './traffic.tsx';

export type OrganizationPart = 'overview' | 'credentials' | 'traffic';

export function OrganizationPage({ id, part }: { id: string; part: OrganizationPart }) {
  const { api } = useSession();
  const text = useText().organization;
  const loaded = useResource(`${id} ${part}`, signal => api.organization(id, signal));
  const organization = loaded.data?.organization;
  return (
    <>
      <PageTitle title={organization?.domain ?? text.title}>
        {organization && <OrganizationState organization={organization} />}
      </PageTitle>
      <Loaded resource={loaded}>
        {detail => (
          <>
            <Warnings warnings={detail.organization.warnings} />
            <Tabs id={id} part={part} />
            {part === 'overview' && (
              <OrganizationOverview
                detail={detail}
                onChanged={next => loaded.replace({ ...detail, organization: next })}
              />
            )}
            {part === 'credentials' && <OrganizationCredentials detail={detail} onStale={loaded.reload} />}
            {part === 'traffic' && <OrganizationTraffic id={id} />}
          </>
        )}
      </Loaded>
    </>
  );
}

function Warnings({ warnings }: { warnings: string[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul class="notices">
      {warnings.map(warning => (
        <li key={warning}>
          <Notice kind="warn">{warning}</Notice>
        </li>
      ))}
    </ul>
  );
}

function Tabs({ id, part }: { id: string; part: OrganizationPart }) {
  const text = useText().organization.tabs;
  const tabs: [OrganizationPart, href: string, label: string][] = [
    ['overview', `/organizations/${id}`, text.overview],
    ['credentials', `/organizations/${id}/credentials`, text.credentials],
    ['traffic', `/organizations/${id}/traffic`, text.traffic],
  ];
  return (
    <nav class="tabs" aria-label={text.label}>
      {tabs.map(([name, href, label]) => (
        <a key={name} href={to(href)} aria-current={name === part ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}
