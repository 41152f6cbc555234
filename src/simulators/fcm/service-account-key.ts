// The key file of a service account, as the Google Cloud console would create it.

import { generateKeyPairSync } from 'node:crypto';

export type ServiceAccountKey = {
  type: 'service_account';
  project_id: string;
  private_key_id: string;
  private_key: string;
  client_email: string;
  client_id: string;
  token_uri: string;
};

export function createServiceAccountKey({
  projectId,
  tokenUrl,
}: {
  projectId: string;
  tokenUrl: string;
}): ServiceAccountKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    type: 'service_account',
    project_id: projectId,
    private_key_id: '5151515151515151515151515151515151515151',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    client_email: `mailbadge@${projectId}.iam.gserviceaccount.com`,
    client_id: '100000000000000000000',
    token_uri: tokenUrl,
  };
}
