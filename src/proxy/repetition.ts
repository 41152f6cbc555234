// Providers keep one push per app and promise no order, so each value is sent once more when nothing has changed for
// about this long (ARCHITECTURE.md). A change puts it off; the publisher asks for it.
export const repeatAfterMs = 60_000;
