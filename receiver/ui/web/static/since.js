// How long ago something was. One clock of a phone stands still while it sleeps, the other may be
// set by hand: the longer time counts, so that nothing old is taken for new.

/** Return a mark of this moment. */
export const mark = () => [performance.now(), Date.now()];

/** Return how many seconds have passed since a mark. */
export const since = ([steady, shown]) =>
  Math.max(performance.now() - steady, Date.now() - shown, 0) / 1000;
