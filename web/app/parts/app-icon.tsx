// The app's icon with its badge, as it stands on a home screen.

import { useNumber } from '../../look/instant.tsx';
import icon from '../icon-without-badge.svg';

/** Decoration: the number stands beside it in words. */
export function AppIcon({ badge }: { badge: number | undefined }) {
  const number = useNumber();
  return (
    <div class="app-icon" aria-hidden="true">
      <img src={icon} alt="" width="88" height="88" />
      {badge !== undefined && badge > 0 && (
        <span class="app-badge" key={badge}>
          {badge > 999 ? '999+' : number(badge)}
        </span>
      )}
    </div>
  );
}
