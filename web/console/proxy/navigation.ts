import type { NavigationGroup } from '../../look/frame.tsx';
import { to } from '../../look/router.ts';
import type { ProxyMessages } from './messages/en.ts';

export function navigationFor({ navigation: text }: ProxyMessages, path: string): NavigationGroup[] {
  const link = (href: string, label: string) => ({
    href: to(href),
    label,
    current: href === '/' ? path === '/' : path.startsWith(href),
  });
  return [
    { links: [link('/', text.overview)] },
    {
      title: text.badges,
      links: [
        link('/mailboxes', text.mailboxes),
        link('/icons', text.icons),
        link('/subscriptions', text.subscriptions),
        link('/deliveries', text.deliveries),
      ],
    },
    { title: text.proxy, links: [link('/trust', text.trust)] },
  ];
}
