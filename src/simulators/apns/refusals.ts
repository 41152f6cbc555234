// The reasons for which APNs refuses, with their statuses, as Apple's "Handling notification responses from APNs"
// lists them: those that a sender with tokens can meet by itself. All others come as injected answers.
// Written down a second time on purpose: a simulator that shared the relay's table could not find its errors.

export const refusals = {
  BadCollapseId: 400,
  BadDeviceToken: 400,
  BadExpirationDate: 400,
  BadMessageId: 400,
  BadPriority: 400,
  BadTopic: 400,
  DeviceTokenNotForTopic: 400,
  DuplicateHeaders: 400,
  InvalidPushType: 400,
  MissingDeviceToken: 400,
  MissingTopic: 400,
  PayloadEmpty: 400,
  TopicDisallowed: 400,
  BadEnvironmentKeyIdInToken: 403,
  ExpiredProviderToken: 403,
  InvalidProviderToken: 403,
  MissingProviderToken: 403,
  UnrelatedKeyIdInToken: 403,
  BadPath: 404,
  MethodNotAllowed: 405,
  Unregistered: 410,
  PayloadTooLarge: 413,
  TooManyProviderTokenUpdates: 429,
  TooManyRequests: 429,
} as const;

export type RefusalReason = keyof typeof refusals;
