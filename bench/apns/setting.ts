// What the processes of bench/apns.ts agree on.

export const benchTopic = 'com.fabrikam.mail';
export const benchDeviceToken = 'ab'.repeat(32);
export const benchSigningKey = { keyId: 'BENCHKEY00', teamId: 'BENCHTEAM0' };
export const goawayEvery = 200;

export type ClientTask = {
  client: 'mailbadge' | 'node-apn';
  port: number;
  directory: string;
  count: number;
  warmUp: number;
  inFlight: number;
};

export type ClientResult = { accepted: number; lost: number; seconds: number; cpuSeconds: number };
