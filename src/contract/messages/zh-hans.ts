// 简体中文: what people meet on a device. A missing key falls back to English.

import type { ErrorCode } from '../error-codes.ts';
import type { ErrorMessage } from './en.ts';

export const simplifiedChineseErrors: Partial<Record<ErrorCode, ErrorMessage>> = {
  'session-missing': { meaning: '您尚未登录', action: '请登录' },
  'session-invalid': { meaning: '您的登录已失效', action: '请重新登录' },
  'sign-in-refused': { meaning: '用户名或密码错误', action: '请使用您的邮箱用户名和密码' },
  'sign-in-throttled': { meaning: '密码错误次数过多', action: '请稍后再试' },
  'mail-server-unreachable': { meaning: '无法连接邮件服务器', action: '请稍后再试' },
  'challenge-not-delivered': { meaning: '验证码未能送达此设备', action: '请允许通知，然后重新注册' },
  'challenge-invalid': { meaning: '验证码错误', action: '请重新注册' },
  'challenge-expired': { meaning: '验证码已过期', action: '请重新注册' },
  'subscription-limit': { meaning: '此邮箱的设备数已达上限', action: '请移除不再使用的设备' },
  'subscription-not-found': { meaning: '没有此订阅', action: '请重新订阅' },
  'relay-unreachable': { meaning: '无法连接中继服务', action: '请稍后再试' },
  'too-many-requests': { meaning: '请求过于频繁', action: '请稍后再试' },
};
