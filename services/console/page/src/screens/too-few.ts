/** Fewer leads than this say nothing, whatever their rate is. */
export const TOO_FEW = 20;
