// What stands above each part of an organization: its domain and state, its warnings, and the ways to the other parts.

import type { OrganizationView } from '../../../../src/contract/console/relay-console.ts';
import { PageTitle } from '../../../look/frame.tsx';
import { Notice } from '../../../look/panel.tsx';
import { to, usePlace } from '../../router.ts';
import { useText } from '../text.ts';
import { OrganizationState } from './organization-state.tsx';

export function OrganizationHead({ organization }: { organization: OrganizationView }) {
  const text = useText().organization.tabs;
  const { path } = usePlace();
  const own = `/organizations/${organization.id}`;
  const tabs = [
    [own, text.overview],
    [`${own}/credentials`, text.credentials],
    [`${own}/traffic`, text.traffic],
  ] as const;
  return (
    <>
      <PageTitle title={organization.domain}>
        <OrganizationState organization={organization} />
      </PageTitle>
      {organization.warnings.length > 0 && (
        <ul class="notices">
          {organization.warnings.map(warning => (
            <li key={warning}>
              <Notice kind="warn">{warning}</Notice>
            </li>
          ))}
        </ul>
      )}
      <nav class="tabs" aria-label={text.label}>
        {tabs.map(([href, label]) => (
          <a
            key={href}
            href={to(href)}
            aria-current={path === href || (path === '/' && href === own) ? 'page' : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
    </>
  );
}
