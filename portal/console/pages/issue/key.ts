/** License keys are made here, because an answer of the service never holds a whole one. */

/** Letters and digits that nobody mistakes for one another. */
const CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS = 4;
const GROUP_LENGTH = 4;

/** A new key: letters of the product, then 80 random bits. */
export function newKey(productCode: string): string {
  const name = productCode
    .replace(/[^A-Za-z0-9]/g, "")
    .slice(0, GROUP_LENGTH)
    .toUpperCase();
  const random = crypto.getRandomValues(new Uint8Array(GROUPS * GROUP_LENGTH));
  const characters = Array.from(random, (byte) => CHARACTERS[byte % CHARACTERS.length]).join("");
  return [name, ...(characters.match(/.{4}/g) ?? [])].join("-");
}
