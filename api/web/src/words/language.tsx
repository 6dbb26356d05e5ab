import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import type { Names } from "../api/shapes";
import { en, type Words } from "./en";
import { zh } from "./zh";

export type Language = "zh" | "en";

interface Spoken {
  language: Language;
  words: Words;
  speak: (language: Language) => void;
}

const WORDS: Record<Language, Words> = { zh, en };
const KEPT_AS = "gridpatrol.language";

const Context = createContext<Spoken>({ language: "en", words: en, speak: () => undefined });

/** The language kept from last time, else the browser's; Chinese of any kind is zh, everything else English. */
export function preferred(kept: string | null, browser: readonly string[]): Language {
  if (kept === "zh" || kept === "en") return kept;
  return browser[0]?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(() => preferred(localStorage.getItem(KEPT_AS), navigator.languages));
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  }, [language]);
  const spoken = useMemo<Spoken>(() => {
    const speak = (next: Language) => {
      localStorage.setItem(KEPT_AS, next);
      setLanguage(next);
    };
    return { language, words: WORDS[language], speak };
  }, [language]);
  return <Context value={spoken}>{children}</Context>;
}

export function useWords(): Words {
  return use(Context).words;
}

export function useLanguage(): Spoken {
  return use(Context);
}

/** A matter's name in the spoken language, else in any, else its key. */
export function nameIn(language: Language, names: Names | undefined, key: string): string {
  return names?.[language] ?? names?.en ?? names?.zh ?? key;
}
