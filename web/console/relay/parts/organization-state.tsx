import type { OrganizationView } from '../../../../src/contract/console/relay-console.ts';
import { Pill } from '../../../look/panel.tsx';
import { useText } from '../text.ts';

export function OrganizationState({ organization }: { organization: OrganizationView }) {
  const { states } = useText().organization;
  return organization.active ? (
    <Pill tone="good">{states.active}</Pill>
  ) : (
    <Pill tone="bad">{states.inactive}</Pill>
  );
}
