// What each role finds in the navigation.

import type { SignedIn } from '../../../src/contract/console/relay-console.ts';
import type { NavigationGroup } from '../../look/frame.tsx';
import { to } from '../../look/router.ts';
import type { RelayMessages } from './messages/en.ts';

export function navigationFor(
  me: SignedIn,
  { navigation: text }: RelayMessages,
  path: string,
): NavigationGroup[] {
  const link = (href: string, label: string, current = path === href) => ({ href: to(href), label, current });
  const security = {
    title: text.security,
    links: [
      link('/administrators', text.administrators),
      link('/audit', text.audit),
      link('/account', text.account),
    ],
  };
  if (me.organization !== null) {
    const own = `/organizations/${me.organization.id}`;
    return [
      {
        links: [
          link(own, text.myOrganization, path === own || path === '/'),
          link(`${own}/credentials`, text.credentials),
          link('/approve', text.approve),
          link(`${own}/traffic`, text.traffic),
        ],
      },
      { title: text.relay, links: [link('/apps', text.apps), link('/status', text.status)] },
      security,
    ];
  }
  return [
    {
      links: [
        link('/organizations', text.organizations, path === '/' || path.startsWith('/organizations')),
        link('/traffic', text.traffic),
        link('/approve', text.approve),
      ],
    },
    {
      title: text.relay,
      links: [link('/apps', text.apps), link('/keys', text.keys), link('/status', text.status)],
    },
    security,
  ];
}
