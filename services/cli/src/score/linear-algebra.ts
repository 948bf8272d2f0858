/** A symmetric matrix of which the lower half is kept, row after row in a square. */
export type Symmetric = Float64Array;

/**
 * Cholesky's factor of a positive definite matrix, in its place: the lower half becomes L with L·Lᵀ = A.
 * @param size  rows
 * @returns false where the matrix is not positive definite
 */
export function factorise(matrix: Symmetric, size: number): boolean {
  for (let row = 0; row < size; row++) {
    const at = row * size;
    for (let column = 0; column <= row; column++) {
      const other = column * size;
      let sum = matrix[at + column] ?? 0;
      for (let k = 0; k < column; k++) sum -= (matrix[at + k] ?? 0) * (matrix[other + k] ?? 0);
      if (column < row) matrix[at + column] = sum / (matrix[other + column] ?? 1);
      else if (sum > 0) matrix[at + row] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L·Lᵀ·x = b. */
export function solve(factor: Symmetric, size: number, b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let row = 0; row < size; row++) {
    let sum = x[row] ?? 0;
    for (let k = 0; k < row; k++) sum -= (factor[row * size + k] ?? 0) * (x[k] ?? 0);
    x[row] = sum / (factor[row * size + row] ?? 1);
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = x[row] ?? 0;
    for (let k = row + 1; k < size; k++) sum -= (factor[k * size + row] ?? 0) * (x[k] ?? 0);
    x[row] = sum / (factor[row * size + row] ?? 1);
  }
  return x;
}

/** L⁻¹, kept the other way round: the column of L⁻¹ is a row here, so that what is summed lies together. */
export function inverseOfFactor(factor: Symmetric, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    const at = column * size;
    inverse[at + column] = 1 / (factor[column * size + column] ?? 1);
    for (let row = column + 1; row < size; row++) {
      let sum = 0;
      for (let k = column; k < row; k++) sum -= (factor[row * size + k] ?? 0) * (inverse[at + k] ?? 0);
      inverse[at + row] = sum / (factor[row * size + row] ?? 1);
    }
  }
  return inverse;
}

/** An element of (L·Lᵀ)⁻¹. */
export function inverseAt(inverse: Float64Array, size: number, one: number, other: number): number {
  let sum = 0;
  for (let k = Math.max(one, other); k < size; k++) {
    sum += (inverse[one * size + k] ?? 0) * (inverse[other * size + k] ?? 0);
  }
  return sum;
}
