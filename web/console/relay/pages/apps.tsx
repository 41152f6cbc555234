// Apps and the providers that reach them, with the state of each breaker.

import { Facts } from '../../../look/facts.tsx';
import { PageTitle } from '../../../look/frame.tsx';
import { Instant } from '../../../look/instant.tsx';
import { Empty, Notice, Panel, Pill } from '../../../look/panel.tsx';
import { Loaded } from '../../failure.tsx';
import { useResource } from '../../resource.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

export function AppsPage() {
  const { api } = useSession();
  const text = useText().apps;
  const list = useResource('apps', api.apps);
  return (
    <>
      <PageTitle title={text.title} lead={text.lead} />
      <Loaded resource={list}>
        {({ apps }) =>
          apps.length === 0 ? (
            <Empty>{text.empty}</Empty>
          ) : (
            <div class="columns">
              {apps.map(app => (
                <Panel key={app.id} title={app.id}>
                  {app.providers.length === 0 && <p class="muted">{text.none}</p>}
                  {app.providers.map(provider => (
                    <div class="panel" key={provider.provider}>
                      <header>
                        <h3>{provider.provider}</h3>
                        <Pill tone={provider.breaker === 'closed' ? 'good' : 'bad'}>
                          {text.breaker[provider.breaker]}
                        </Pill>
                      </header>
                      {provider.breaker === 'open' && (
                        <Notice kind="bad">
                          {provider.breakerReason && <p>{provider.breakerReason}</p>}
                          <p>{text.breakerLead}</p>
                        </Notice>
                      )}
                      <Facts
                        facts={[
                          ...Object.entries(provider.facts).map(
                            ([name, value]) => [name, <code key={name}>{value}</code>] as const,
                          ),
                          provider.keyCreatedAt !== null && [
                            text.keyCreated,
                            <Instant key="created" at={provider.keyCreatedAt} />,
                          ],
                        ]}
                      />
                    </div>
                  ))}
                </Panel>
              ))}
            </div>
          )
        }
      </Loaded>
    </>
  );
}
