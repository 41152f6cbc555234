// 繁體中文: what people meet on a device and in the consoles. A missing key falls back to English.

import type { ErrorCode } from '../error-codes.ts';
import type { ErrorMessage } from './en.ts';

export const traditionalChineseErrors: Partial<Record<ErrorCode, ErrorMessage>> = {
  'session-missing': { meaning: '您尚未登入', action: '請登入' },
  'session-invalid': { meaning: '您的登入已失效', action: '請重新登入' },
  'session-stolen': {
    meaning: '您的登入在兩處被使用，因此已被終止',
    action: '請重新登入；如果再次發生，請變更信箱密碼',
  },
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
  'invalid-request': { meaning: '要求的格式不正確', action: '請更正下面指出的項目' },
  'not-found': { meaning: '此位址沒有內容', action: '請檢查位址' },
  'internal-error': { meaning: '我們這邊發生錯誤', action: '請在記錄中尋找追蹤 ID，並回報問題' },
  overloaded: { meaning: '服務目前負載過高', action: '請稍後再試' },
  'shutting-down': { meaning: '服務正在停止', action: '請稍後再試' },
  'organization-inactive': { meaning: '該組織在轉送服務上已停用', action: '請聯絡轉送服務的營運人員' },
  'organization-exists': { meaning: '該組織已經存在', action: '請登入，或聯絡該組織的管理員' },
  'organization-not-found': { meaning: '沒有此組織', action: '請檢查位址；您只能看到自己的組織' },
  'domain-invalid': { meaning: '這不是有效的網域', action: '請輸入 @ 之後的部分，例如 fabrikam.com' },
  'credential-revoked': { meaning: '該金鑰認證已移除', action: '請在 Proxy 上建立新憑證，然後重新連接' },
  'device-code-unknown': {
    meaning: '沒有 Proxy 以此代碼等待核准',
    action: '請與 Proxy 顯示的代碼核對；代碼十分鐘內有效，過期後請重新連接',
  },
  'device-code-decided': {
    meaning: '此要求先前已核准或拒絕',
    action: '如果不是您操作的，請移除相應的認證；否則請重新連接以取得新代碼',
  },
  'certificate-not-approved': {
    meaning: '核准的是另一張憑證',
    action: '請以此憑證重新連接，並在核准之前核對指紋',
  },
  'administrator-exists': { meaning: '此電子郵件地址已有帳戶', action: '請換一個地址，或重設其密碼' },
  'administrator-not-found': { meaning: '沒有此帳戶', action: '請查看管理員清單' },
  'password-unfit': { meaning: '不能使用此新密碼', action: '請使用 12 至 256 個字元' },
  'totp-required': { meaning: '還需要驗證器應用程式中的驗證碼', action: '請輸入應用程式顯示的六位數字' },
  'totp-active': { meaning: '動態驗證碼已開啟', action: '請先以密碼將其關閉' },
  'sign-up-closed': { meaning: '此轉送服務不接受自行註冊', action: '請聯絡轉送服務的營運人員新增您的組織' },
  'sign-up-not-found': { meaning: '沒有此註冊，或已過期', action: '請重新開始；TXT 記錄的值會隨之改變' },
  'operators-only': { meaning: '只有轉送服務的營運人員可以執行此動作', action: '請聯絡營運人員' },
  'cross-site-request': {
    meaning: '此要求不是服務自己的頁面送出的',
    action: '請從服務自身的位址開啟頁面',
  },
  'console-link-invalid': {
    meaning: '連結無效、已使用或已過期',
    action: '請執行「mailbadge proxy console」取得新連結',
  },
  'node-not-found': { meaning: '沒有執行中的節點', action: '請啟動 Proxy：mailbadge proxy serve' },
  'proxy-not-running': { meaning: 'Proxy 沒有執行', action: '請啟動 Proxy：mailbadge proxy serve' },
  'relay-not-connected': {
    meaning: 'Proxy 尚未連接到轉送服務',
    action: '請依序執行「mailbadge proxy trust set-up」與「mailbadge proxy trust connect」',
  },
  'mailbox-unknown': { meaning: '沒有此信箱', action: '請檢查名稱' },
  'icon-not-found': { meaning: '沒有此圖示', action: '請重新訂閱' },
};
