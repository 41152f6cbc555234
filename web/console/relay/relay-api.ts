// What the relay console asks of its relay: every call with the types of the contract. Types only: the pages trust
// their own relay, and a schema library would weigh more than they do.

import type { z } from 'zod';
import type {
  AppList,
  AuditList,
  addAdministratorSchema,
  addedAdministratorSchema,
  addOrganizationSchema,
  administratorListSchema,
  ConsoleSignIn,
  changeOrganizationSchema,
  DeviceAuthorization,
  decideDeviceAuthorizationSchema,
  keyListSchema,
  OrganizationView,
  organizationDetailSchema,
  organizationListSchema,
  organizationWithCodeSchema,
  RelayStatus,
  SignedIn,
  SignUp,
  SignUpRequest,
  signUpCheckSchema,
  signUpStateSchema,
  Traffic,
  totpOfferSchema,
} from '../../../src/contract/console/relay-console.ts';
import { type Api, createApi } from '../api.ts';

export type OrganizationDetail = z.infer<typeof organizationDetailSchema>;
export type OrganizationWithCode = z.infer<typeof organizationWithCodeSchema>;
export type Administrators = z.infer<typeof administratorListSchema>;
export type Administrator = Administrators['administrators'][number];
export type AddedAdministrator = z.infer<typeof addedAdministratorSchema>;
export type RelayKeys = z.infer<typeof keyListSchema>;
export type TotpOffer = z.infer<typeof totpOfferSchema>;

const id = encodeURIComponent;

export type RelayApi = ReturnType<typeof createRelayApi>;

export function createRelayApi({ onSessionEnded }: { onSessionEnded(): void }) {
  const api: Api = createApi({ base: '/console/api', onSessionEnded });
  const organization = (organizationId: string) => `/organizations/${id(organizationId)}`;
  return {
    whoAmI: (signal?: AbortSignal) => api.get<SignedIn>('/session', signal),
    signIn: (body: ConsoleSignIn) => api.send<SignedIn>('POST', '/session', body),
    signOut: () => api.send('DELETE', '/session'),

    signUpState: (signal?: AbortSignal) => api.get<z.infer<typeof signUpStateSchema>>('/sign-ups', signal),
    signUp: (body: SignUpRequest) => api.send<SignUp>('POST', '/sign-ups', body),
    checkSignUp: (signUpId: string) =>
      api.send<z.infer<typeof signUpCheckSchema>>('POST', `/sign-ups/${id(signUpId)}/check`),

    changePassword: (password: string, newPassword: string) =>
      api.send('PUT', '/account/password', { password, newPassword }),
    offerTotp: () => api.send<TotpOffer>('POST', '/account/totp'),
    confirmTotp: (code: string) => api.send('PUT', '/account/totp', { code }),
    removeTotp: (password: string) => api.send('DELETE', '/account/totp', { password }),

    organizations: (signal?: AbortSignal) =>
      api.get<z.infer<typeof organizationListSchema>>('/organizations', signal),
    addOrganization: (body: z.infer<typeof addOrganizationSchema>) =>
      api.send<OrganizationWithCode>('POST', '/organizations', body),
    organization: (organizationId: string, signal?: AbortSignal) =>
      api.get<OrganizationDetail>(organization(organizationId), signal),
    changeOrganization: (organizationId: string, body: z.infer<typeof changeOrganizationSchema>) =>
      api.send<OrganizationView>('PATCH', organization(organizationId), body),
    newEnrolmentCode: (organizationId: string) =>
      api.send<OrganizationWithCode>('POST', `${organization(organizationId)}/enrolment-code`),
    deactivate: (organizationId: string, body: { reason: string; revokeTargets: boolean }) =>
      api.send<OrganizationView>('POST', `${organization(organizationId)}/deactivate`, body),
    reactivate: (organizationId: string, body: { revokeTargets: boolean }) =>
      api.send<OrganizationView>('POST', `${organization(organizationId)}/reactivate`, body),
    revokeTargets: (organizationId: string) =>
      api.send<OrganizationView>('POST', `${organization(organizationId)}/revoke-targets`),
    checkDomain: (organizationId: string) =>
      api.send<OrganizationView>('POST', `${organization(organizationId)}/check-domain`),
    removeCredential: (organizationId: string, keyId: string, reason: string) =>
      api.send('DELETE', `${organization(organizationId)}/credentials/${id(keyId)}`, { reason }),

    traffic: (organizationId: string | undefined, hours: string, signal?: AbortSignal) =>
      api.get<Traffic>(
        `${organizationId === undefined ? '' : organization(organizationId)}/traffic?hours=${hours}`,
        signal,
      ),

    apps: (signal?: AbortSignal) => api.get<AppList>('/apps', signal),
    keys: (signal?: AbortSignal) => api.get<RelayKeys>('/keys', signal),
    rotateKey: (purpose: string) => api.send<RelayKeys>('POST', `/keys/${id(purpose)}/rotate`),
    status: (signal?: AbortSignal) => api.get<RelayStatus>('/status', signal),

    deviceAuthorization: (userCode: string, signal?: AbortSignal) =>
      api.get<DeviceAuthorization>(`/device-authorizations/${id(userCode)}`, signal),
    decide: (userCode: string, body: z.infer<typeof decideDeviceAuthorizationSchema>) =>
      api.send('POST', `/device-authorizations/${id(userCode)}/decision`, body),

    audit: (before: number | undefined, signal?: AbortSignal) =>
      api.get<AuditList>(before === undefined ? '/audit' : `/audit?before=${before}`, signal),

    administrators: (signal?: AbortSignal) => api.get<Administrators>('/administrators', signal),
    addAdministrator: (body: z.infer<typeof addAdministratorSchema>) =>
      api.send<AddedAdministrator>('POST', '/administrators', body),
    resetPassword: (administratorId: string) =>
      api.send<AddedAdministrator>('POST', `/administrators/${id(administratorId)}/reset-password`),
    disable: (administratorId: string) => api.send('POST', `/administrators/${id(administratorId)}/disable`),
    enable: (administratorId: string) => api.send('POST', `/administrators/${id(administratorId)}/enable`),
  };
}
