/** What is said about a contract, as the vendor fills it in. */

import { country } from "../shared/contract";

/** What was filled in; empty: it is not said. */
export interface Said {
  timeZone: string;
  country: string;
  currency: string;
  locale: string;
}

/** Nothing yet. */
export const UNSAID: Said = { timeZone: "", country: "", currency: "", locale: "" };

/** What is known, as the fields have it. */
export function said(known: { [Field in keyof Said]?: string | null }): Said {
  const { timeZone, country, currency, locale } = known;
  return {
    timeZone: timeZone ?? "",
    country: country ?? "",
    currency: currency ?? "",
    locale: locale ?? "",
  };
}

/** The same, as it is sent. */
export function sent(one: Said) {
  return {
    timeZone: one.timeZone || null,
    country: one.country || null,
    currency: one.currency || null,
    locale: one.locale || null,
  };
}

/** Why it cannot be so; null when it can. */
export function wrong(one: Said): string | null {
  if (one.country && !/^[A-Z]{2}$/.test(one.country)) {
    return "A country has two letters, such as FR.";
  }
  if (one.locale && !isLocale(one.locale)) {
    return "A language and region are written such as fr-FR.";
  }
  return null;
}

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

/** The fields. */
export function ContractFields(props: {
  value: Said;
  set: (to: Said) => void;
  /** What counts where a field stays empty. */
  otherwise: Said;
}) {
  const { value, set, otherwise } = props;
  const empty = (known: string, none: string) => (known ? `As the account: ${known}` : none);
  const upper = (text: string) => text.toUpperCase().trim();
  const known = /^[A-Z]{2}$/.test(value.country) && country(value.country);
  return (
    <div className="stack">
      <label>
        Time zone of the contract
        <select
          value={value.timeZone}
          onChange={({ target }) => set({ ...value, timeZone: target.value })}
        >
          <option value="">{empty(otherwise.timeZone, "UTC")}</option>
          {Intl.supportedValuesOf("timeZone").map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <div className="fields">
        <label>
          Country, in two letters
          <input
            value={value.country}
            placeholder={otherwise.country}
            onChange={({ target }) => set({ ...value, country: upper(target.value) })}
          />
        </label>
        <label>
          Currency
          <select
            value={value.currency}
            onChange={({ target }) => set({ ...value, currency: target.value })}
          >
            <option value="">{empty(otherwise.currency, "Not said")}</option>
            {Intl.supportedValuesOf("currency").map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Language and region
          <input
            value={value.locale}
            placeholder={otherwise.locale || "fr-FR"}
            onChange={({ target }) => set({ ...value, locale: target.value.trim() })}
          />
        </label>
      </div>
      <p className="quiet">
        {known
          ? `The notice periods of ${known} count.`
          : "The country says whose notice periods count; language and region, how amounts are written."}
      </p>
    </div>
  );
}
