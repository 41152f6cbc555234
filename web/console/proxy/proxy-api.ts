// What the proxy console asks of its proxy: every call with the types of the contract.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { z } from 'zod';
import type {
  DeliveryList,
  IconList,
  MailboxList,
  Overview,
  Probe,
  probeListSchema,
  SubscriptionList,
  Trust,
  Why,
} from '../../../src/contract/console/proxy-console.ts';
import { createApi } from '../api.ts';

export type Page = { search: string; state: string; after?: string | undefined };

export type ProxyApi = ReturnType<typeof createProxyApi>;

export function createProxyApi({ onSessionEnded }: { onSessionEnded(): void }) {
  const api = createApi({ base: '/api', onSessionEnded });
  const list =
    <Answer>(name: string) =>
    ({ search, state, after }: Page, signal?: AbortSignal) => {
      const query = new URLSearchParams({ search, state, after: after ?? '' });
      return api.get<Answer>(`/${name}?${query}`, signal);
    };
  return {
    openSession: (token: string) => api.send('POST', '/session', { token }),
    session: () => api.get<void>('/session'),
    closeSession: () => api.send('DELETE', '/session'),
    overview: (signal?: AbortSignal) => api.get<Overview>('/overview', signal),
    enable: () => api.send<Overview>('POST', '/enable'),
    disable: () => api.send<Overview>('POST', '/disable'),
    thaw: () => api.send('POST', '/thaw'),
    probe: () => api.send<Probe>('POST', '/probes'),
    probes: (signal?: AbortSignal) => api.get<z.infer<typeof probeListSchema>>('/probes', signal),
    mailboxes: list<MailboxList>('mailboxes'),
    icons: list<IconList>('icons'),
    subscriptions: list<SubscriptionList>('subscriptions'),
    restore: (id: string) => api.send('POST', `/subscriptions/${encodeURIComponent(id)}/restore`),
    end: (id: string) => api.send('POST', `/subscriptions/${encodeURIComponent(id)}/end`),
    why: (of: string, signal?: AbortSignal) => api.get<Why>(`/why?${new URLSearchParams({ of })}`, signal),
    deliveries: (signal?: AbortSignal) => api.get<DeliveryList>('/deliveries', signal),
    trust: (signal?: AbortSignal) => api.get<Trust>('/trust', signal),
  };
}

export const ApiContext = createContext<ProxyApi | undefined>(undefined);

export function useApi(): ProxyApi {
  const api = useContext(ApiContext);
  if (api === undefined) throw new Error('this page stands outside the console');
  return api;
}
