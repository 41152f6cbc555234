// The dialogs of an organization's page: each says what will happen before it does.

import type { OrganizationView } from '../../../../src/contract/console/relay-console.ts';
import { Check, TextField } from '../../../look/fields.tsx';
import { useNumber } from '../../../look/instant.tsx';
import { announce } from '../../../look/toasts.tsx';
import { Confirm } from '../../confirm.tsx';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

export type OrganizationAct =
  | 'edit'
  | 'quota'
  | 'direct-trust'
  | 'deactivate'
  | 'reactivate'
  | 'revoke-targets';

type ActProps = {
  act: OrganizationAct;
  organization: OrganizationView;
  onChanged(organization: OrganizationView): void;
  onClose(): void;
};

export function OrganizationActDialog({ act, organization, onChanged, onClose }: ActProps) {
  const { api } = useSession();
  const text = useText().organization;
  const number = useNumber();
  const { id, domain, directTrust } = organization;
  const done = (next: OrganizationView, news: string) => {
    onChanged(next);
    announce(news);
  };
  switch (act) {
    case 'edit':
      return (
        <Confirm
          title={text.editTitle}
          action={text.save}
          onClose={onClose}
          act={async ({ name = '', contact = '' }) =>
            done(await api.changeOrganization(id, { name, ...(contact !== '' && { contact }) }), text.saved)
          }
        >
          <TextField label={text.name} name="name" maxLength={120} defaultValue={organization.name ?? ''} />
          <TextField
            label={text.contact}
            name="contact"
            type="email"
            maxLength={254}
            defaultValue={organization.contact ?? ''}
          />
        </Confirm>
      );
    case 'quota':
      return (
        <Confirm
          title={text.quotaTitle}
          action={text.save}
          onClose={onClose}
          act={async ({ quota = '' }) => {
            const quotaPerSecond = quota === '' ? null : Number(quota);
            done(await api.changeOrganization(id, { quotaPerSecond }), text.saved);
          }}
        >
          <p>{text.quotaLead}</p>
          <TextField
            label={text.quotaField}
            name="quota"
            type="number"
            size="short"
            min={1}
            max={1_000_000}
            hint={text.quotaHint(number(organization.defaultQuotaPerSecond))}
            defaultValue={organization.quotaPerSecond === null ? '' : String(organization.quotaPerSecond)}
          />
        </Confirm>
      );
    case 'direct-trust':
      return (
        <Confirm
          title={text.directTrust}
          action={directTrust ? text.directTrustDisable : text.directTrustEnable}
          danger={directTrust}
          onClose={onClose}
          act={async () => done(await api.changeOrganization(id, { directTrust: !directTrust }), text.saved)}
        >
          <p>{directTrust ? text.directTrustDisableLead : text.directTrustLead}</p>
        </Confirm>
      );
    case 'deactivate':
      return (
        <Confirm
          title={text.deactivateTitle(domain)}
          action={text.deactivate}
          danger
          onClose={onClose}
          act={async ({ reason = '', revokeTargets }) =>
            done(
              await api.deactivate(id, { reason, revokeTargets: revokeTargets === 'on' }),
              text.deactivated(domain),
            )
          }
        >
          <Consequences of={text.deactivateConsequences} />
          <TextField label={text.reason} name="reason" required maxLength={200} hint={text.reasonHint} />
          <Check name="revokeTargets" label={text.revokeTargetsToo} hint={text.revokeTargetsHint} />
        </Confirm>
      );
    case 'reactivate':
      return (
        <Confirm
          title={text.reactivateTitle(domain)}
          action={text.reactivate}
          onClose={onClose}
          act={async ({ revokeTargets }) =>
            done(
              await api.reactivate(id, { revokeTargets: revokeTargets === 'on' }),
              text.reactivated(domain),
            )
          }
        >
          <p>{text.reactivateLead}</p>
          <Check name="revokeTargets" label={text.revokeTargetsToo} hint={text.revokeTargetsHint} />
        </Confirm>
      );
    case 'revoke-targets':
      return (
        <Confirm
          title={text.revokeTargetsTitle(domain)}
          action={text.revokeTargets}
          danger
          onClose={onClose}
          act={async () => done(await api.revokeTargets(id), text.targetsRevoked)}
        >
          <Consequences of={text.revokeTargetsConsequences} />
        </Confirm>
      );
  }
}

function Consequences({ of }: { of: readonly string[] }) {
  return (
    <ul>
      {of.map(consequence => (
        <li key={consequence}>{consequence}</li>
      ))}
    </ul>
  );
}
