/**
 * Due time of a delivery that waits for an earlier one of its order key: the end of the year 9999, unix ms. It stands
 * in the lane's index behind everything that time makes due, so that claiming never walks over those that wait for
 * their turn, however many there are.
 */
export const WAITS_FOR_TURN = 253_402_300_799_999;
