// What the processes of bench/apns.ts agree on.

export const benchTopic = 'com.fabrikam.mail';
export const benchDeviceToken = 'ab'.repeat(32);
export const benchSigningKey = { keyId: 'BENCHKEY00', teamId: 'BENCHTEAM0' };
export const goawayEvery = 200;

export const benchProject = 'fabrikam-bench';
export const benchFcmPath = `v1/projects/${benchProject}/messages:send`;
export const benchFcmToken = `${'a'.repeat(22)}:APA91b${'b'.repeat(132)}`;

export type ClientTask = {
  client: 'mailbadge' | 'mailbadge-fcm' | 'node-apn';
  port: number;
  directory: string;
  count: number;
  warmUp: number;
  inFlight: number;
};

export type ClientResult = { accepted: number; lost: number; seconds: number; cpuSeconds: number };
