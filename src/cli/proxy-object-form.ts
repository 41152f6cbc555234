// The proxy object in the original's list form: its names in its order. What only Active Directory has is left out
// (RunspaceId, DistinguishedName, ObjectCategory, ObjectClass); docs/topics/seed-commands.md says so.

import type { ProxyObject } from '../proxy/administration/proxy-administration.ts';
import { listForm } from './output.ts';
import { instant } from './table.ts';

export function proxyObjectForm(object: ProxyObject): string {
  return listForm([
    ['DisplayName', object.displayName],
    ['Enabled', truth(object.enabled)],
    ['Organization', object.organization ?? ''],
    ['Uri', object.uri ?? ''],
    ['Identity', object.identity],
    ['IsValid', object.isValid ? 'True' : `False (${object.invalidReason ?? ''})`],
    ['Version', object.version],
    ['Name', object.name],
    ['Guid', object.guid ?? ''],
    ['WhenChanged', localInstant(object.whenChanged)],
    ['WhenCreated', localInstant(object.whenCreated)],
    ['WhenChangedUTC', object.whenChanged === null ? '' : instant(object.whenChanged)],
    ['WhenCreatedUTC', object.whenCreated === null ? '' : instant(object.whenCreated)],
    ['OrganizationId', object.organizationId ?? ''],
    ['OriginatingServer', object.originatingServer],
    ['ObjectState', object.objectState],
  ]);
}

function truth(value: boolean): string {
  return value ? 'True' : 'False';
}

/** In this machine's time zone, with its offset: 2013-08-27 19:23:47 -07:00 */
export function localInstant(at: number | null): string {
  if (at === null) return '';
  const offset = -new Date(at).getTimezoneOffset();
  const two = (value: number): string => String(value).padStart(2, '0');
  const local = new Date(at + offset * 60_000).toISOString().slice(0, 19).replace('T', ' ');
  const minutes = Math.abs(offset);
  return `${local} ${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
