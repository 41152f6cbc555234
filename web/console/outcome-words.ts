// What became of notifications, in words: both consoles show it. Typed by the contract, so that a new reason without
// words is a type error. A reason that only a newer service knows is shown as it is.

import type { DeferralReason, RejectionReason } from '../../src/contract/outcomes.ts';
import { type Locale, useLocale } from '../look/locale.tsx';

type OutcomeWords = {
  accepted: string;
  rejected: string;
  deferred: string;
  unknown: string;
  /** Between an outcome and the reason for it. */
  because: string;
  rejections: Record<RejectionReason, string>;
  deferrals: Record<DeferralReason, string>;
};

const english: OutcomeWords = {
  accepted: 'accepted',
  rejected: 'rejected',
  deferred: 'deferred',
  unknown: 'outcome unknown',
  because: ': ',
  rejections: {
    'target-gone': 'the device is gone',
    'target-invalid': 'target not valid at the moment',
    'target-not-openable': 'sealed target cannot be opened',
    'target-revoked': 'device revoked',
    'notification-invalid': 'malformed notification',
    'payload-too-large': 'payload too large',
  },
  deferrals: {
    'outcome-unknown': 'outcome unknown',
    'not-after-passed': 'came too late to be started',
    'provider-unreachable': 'provider unreachable',
    'provider-unavailable': 'provider unavailable',
    'provider-throttled': 'provider asks for less',
    'app-misconfigured': 'app’s configuration refused',
    'app-unknown': 'app unknown',
    'gone-frozen': 'too many devices gone at once',
    'gone-before-registration': 'old report that the device is gone',
    'device-throttled': 'device over its quota',
    'organization-throttled': 'organization over its quota',
    'seal-key-unknown': 'sealing key unknown',
    'push-host-refused': 'push host refused',
    'relay-overloaded': 'relay overloaded',
    'relay-error': 'error at the relay',
  },
};

const simplified: OutcomeWords = {
  accepted: '已接受',
  rejected: '已拒绝',
  deferred: '已推迟',
  unknown: '结果未知',
  because: '：',
  rejections: {
    'target-gone': '设备已不存在',
    'target-invalid': '推送目标暂时无效',
    'target-not-openable': '密封的推送目标无法打开',
    'target-revoked': '设备已被吊销',
    'notification-invalid': '通知格式错误',
    'payload-too-large': '内容过大',
  },
  deferrals: {
    'outcome-unknown': '结果未知',
    'not-after-passed': '到达过晚，未发送',
    'provider-unreachable': '无法连接推送服务商',
    'provider-unavailable': '推送服务商不可用',
    'provider-throttled': '推送服务商限流',
    'app-misconfigured': '应用配置被拒绝',
    'app-unknown': '未知应用',
    'gone-frozen': '同时消失的设备过多',
    'gone-before-registration': '注册之前的设备失效报告',
    'device-throttled': '设备超出配额',
    'organization-throttled': '组织超出配额',
    'seal-key-unknown': '密封密钥未知',
    'push-host-refused': '推送主机被拒绝',
    'relay-overloaded': '中继服务过载',
    'relay-error': '中继服务出错',
  },
};

const traditional: OutcomeWords = {
  accepted: '已接受',
  rejected: '已拒絕',
  deferred: '已延後',
  unknown: '結果不明',
  because: '：',
  rejections: {
    'target-gone': '裝置已不存在',
    'target-invalid': '推播目標暫時無效',
    'target-not-openable': '密封的推播目標無法開啟',
    'target-revoked': '裝置已撤銷',
    'notification-invalid': '通知格式錯誤',
    'payload-too-large': '內容過大',
  },
  deferrals: {
    'outcome-unknown': '結果不明',
    'not-after-passed': '太晚到達，未送出',
    'provider-unreachable': '無法連線到推播服務商',
    'provider-unavailable': '推播服務商無法使用',
    'provider-throttled': '推播服務商限流',
    'app-misconfigured': '應用程式設定遭拒',
    'app-unknown': '不明的應用程式',
    'gone-frozen': '同時消失的裝置過多',
    'gone-before-registration': '註冊之前的裝置失效回報',
    'device-throttled': '裝置超出配額',
    'organization-throttled': '組織超出配額',
    'seal-key-unknown': '不明的密封金鑰',
    'push-host-refused': '推播主機遭拒',
    'relay-overloaded': '轉送服務負載過高',
    'relay-error': '轉送服務發生錯誤',
  },
};

const words: Record<Locale, OutcomeWords> = { en: english, 'zh-Hans': simplified, 'zh-Hant': traditional };

export type OutcomeKind = 'accepted' | 'rejected' | 'deferred' | 'unknown';

/** Of an outcome or the reason for it: its kind, and both in words. */
export function useOutcomes(): (outcome: string) => { kind: OutcomeKind; label: string } {
  const { rejections, deferrals, because, ...kinds } = words[useLocale()];
  return outcome => {
    if (outcome in rejections) {
      return {
        kind: 'rejected',
        label: `${kinds.rejected}${because}${rejections[outcome as RejectionReason]}`,
      };
    }
    if (outcome in deferrals) {
      return {
        kind: 'deferred',
        label: `${kinds.deferred}${because}${deferrals[outcome as DeferralReason]}`,
      };
    }
    if (outcome in kinds) {
      const kind = outcome as OutcomeKind;
      return { kind, label: kinds[kind] };
    }
    return { kind: 'unknown', label: outcome };
  };
}
