// Who publishes: always from the verified access token, never from a request's body.

export type Caller = {
  organizationId: string;
  /** The organization's realm GUID; part of what a sealed target is bound to. */
  realm: string;
  /** Raised to revoke every sealed target of the organization at once. */
  sealEpoch: number;
  applicationId: string;
  /** `kid` of the key credential that the token was issued for. */
  credentialId: string;
};
