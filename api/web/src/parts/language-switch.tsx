import { useLanguage } from "../words/language";

export function LanguageSwitch() {
  const { language, words, speak } = useLanguage();
  const other = language === "zh" ? "en" : "zh";
  return (
    <button type="button" className="quiet" lang={other === "zh" ? "zh-CN" : "en"} onClick={() => speak(other)}>
      {words.switchLanguage}
    </button>
  );
}
