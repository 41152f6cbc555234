// 繁體中文: what people meet on a device. A missing key falls back to English.

import type { ErrorCode } from '../error-codes.ts';
import type { ErrorMessage } from './en.ts';

export const traditionalChineseErrors: Partial<Record<ErrorCode, ErrorMessage>> = {
  'session-missing': { meaning: '您尚未登入', action: '請登入' },
  'session-invalid': { meaning: '您的登入已失效', action: '請重新登入' },
  'sign-in-refused': { meaning: '使用者名稱或密碼錯誤', action: '請使用您的信箱名稱和密碼' },
  'sign-in-throttled': { meaning: '密碼錯誤次數過多', action: '請稍後再試' },
  'mail-server-unreachable': { meaning: '無法連線到郵件伺服器', action: '請稍後再試' },
  'challenge-not-delivered': { meaning: '驗證碼未能送達此裝置', action: '請允許通知，然後重新註冊' },
  'challenge-invalid': { meaning: '驗證碼錯誤', action: '請重新註冊' },
  'challenge-expired': { meaning: '驗證碼已過期', action: '請重新註冊' },
  'subscription-limit': { meaning: '此信箱的裝置數已達上限', action: '請移除不再使用的裝置' },
  'subscription-not-found': { meaning: '沒有此訂閱', action: '請重新訂閱' },
  'relay-unreachable': { meaning: '無法連線到轉送服務', action: '請稍後再試' },
  'too-many-requests': { meaning: '要求過於頻繁', action: '請稍後再試' },
};
