// Adding an administrator: of the own organization, or for operators of any, or another operator.

import { useState } from 'preact/hooks';
import { SelectField, TextField } from '../../../look/fields.tsx';
import { Confirm } from '../../confirm.tsx';
import { useResource } from '../../resource.ts';
import type { AddedAdministrator } from '../relay-api.ts';
import { useSession } from '../session.ts';
import { useText } from '../text.ts';

type AddAdministratorProps = { onClose(): void; onAdded(added: AddedAdministrator): void };

export function AddAdministratorDialog({ onClose, onAdded }: AddAdministratorProps) {
  const { api, me } = useSession();
  const text = useText().administrators;
  return (
    <Confirm
      title={text.addTitle}
      action={text.add}
      onClose={onClose}
      act={async ({ email = '', role, organizationId }) => {
        onAdded(
          await api.addAdministrator(
            me.role === 'operator' && role === 'operator'
              ? { email, role: 'operator' }
              : { email, role: 'administrator', ...(organizationId !== undefined && { organizationId }) },
          ),
        );
      }}
    >
      <p class="muted">{text.addLead}</p>
      <TextField label={text.email} name="email" type="email" required maxLength={254} autoComplete="off" />
      {me.role === 'operator' && <PlaceFields />}
    </Confirm>
  );
}

function PlaceFields() {
  const { api } = useSession();
  const { administrators: text, roles } = useText();
  const [role, setRole] = useState<'operator' | 'administrator'>('administrator');
  const organizations = useResource('organizations', api.organizations);
  const list = organizations.data?.organizations ?? [];
  return (
    <>
      <SelectField
        label={text.role}
        name="role"
        options={[
          ['administrator', roles.administrator],
          ['operator', roles.operator],
        ]}
        value={role}
        onChange={chosen => setRole(chosen)}
      />
      {role === 'administrator' && list.length > 0 && (
        <SelectField
          label={text.organization}
          name="organizationId"
          options={list.map(({ id, domain }) => [id, domain] as const)}
        />
      )}
    </>
  );
}
