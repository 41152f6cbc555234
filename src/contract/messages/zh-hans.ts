// 简体中文: what people meet on a device and in the consoles. A missing key falls back to English.

import type { ErrorCode } from '../error-codes.ts';
import type { ErrorMessage } from './en.ts';

export const simplifiedChineseErrors: Partial<Record<ErrorCode, ErrorMessage>> = {
  'session-missing': { meaning: '您尚未登录', action: '请登录' },
  'session-invalid': { meaning: '您的登录已失效', action: '请重新登录' },
  'session-stolen': {
    meaning: '您的登录在两处被使用，因此已被终止',
    action: '请重新登录；如果再次发生，请更改邮箱密码',
  },
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
  'invalid-request': { meaning: '请求格式不正确', action: '请改正下面指出的项' },
  'not-found': { meaning: '此地址没有内容', action: '请检查地址' },
  'internal-error': { meaning: '我们这边出错了', action: '请在日志中查找跟踪 ID，并报告问题' },
  overloaded: { meaning: '服务当前过载', action: '请稍后再试' },
  'shutting-down': { meaning: '服务正在停止', action: '请稍后再试' },
  'organization-inactive': { meaning: '该组织在中继服务上已停用', action: '请联系中继服务的运营人员' },
  'organization-exists': { meaning: '该组织已经存在', action: '请登录，或联系该组织的管理员' },
  'organization-not-found': { meaning: '没有此组织', action: '请检查地址；您只能看到自己的组织' },
  'domain-invalid': { meaning: '这不是有效的域名', action: '请输入 @ 之后的部分，例如 fabrikam.com' },
  'credential-revoked': { meaning: '该密钥凭据已被移除', action: '请在代理上创建新证书，然后重新连接' },
  'device-code-unknown': {
    meaning: '没有代理在用此代码等待批准',
    action: '请与代理显示的代码核对；代码十分钟内有效，过期后请重新连接',
  },
  'device-code-decided': {
    meaning: '此请求先前已被批准或拒绝',
    action: '如果不是您操作的，请移除相应的凭据；否则请重新连接以获取新代码',
  },
  'certificate-not-approved': {
    meaning: '批准的是另一张证书',
    action: '请用此证书重新连接，并在批准之前核对指纹',
  },
  'administrator-exists': { meaning: '此电子邮件地址已有账户', action: '请换一个地址，或重置其密码' },
  'administrator-not-found': { meaning: '没有此账户', action: '请查看管理员列表' },
  'password-unfit': { meaning: '不能使用此新密码', action: '请使用 12 至 256 个字符' },
  'totp-required': { meaning: '还需要身份验证器应用中的验证码', action: '请输入应用显示的六位数字' },
  'totp-active': { meaning: '动态验证码已开启', action: '请先用密码将其关闭' },
  'sign-up-closed': { meaning: '此中继服务不接受自行注册', action: '请联系中继服务的运营人员添加您的组织' },
  'sign-up-not-found': { meaning: '没有此注册，或已过期', action: '请重新开始；TXT 记录的值会随之改变' },
  'operators-only': { meaning: '只有中继服务的运营人员可以执行此操作', action: '请联系运营人员' },
  'cross-site-request': {
    meaning: '此请求不是服务自己的页面发出的',
    action: '请从服务自身的地址打开页面',
  },
  'console-link-invalid': {
    meaning: '链接无效、已使用或已过期',
    action: '请运行“mailbadge proxy console”获取新链接',
  },
  'node-not-found': { meaning: '没有正在运行的节点', action: '请启动代理：mailbadge proxy serve' },
  'proxy-not-running': { meaning: '代理没有运行', action: '请启动代理：mailbadge proxy serve' },
  'relay-not-connected': {
    meaning: '代理尚未连接到中继服务',
    action: '请依次运行“mailbadge proxy trust set-up”和“mailbadge proxy trust connect”',
  },
  'mailbox-unknown': { meaning: '没有此邮箱', action: '请检查名称' },
  'icon-not-found': { meaning: '没有此图标', action: '请重新订阅' },
};
