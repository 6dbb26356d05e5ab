import { CatalogueProvider } from "./catalogue";
import { CasesPage } from "./pages/cases/cases-page";
import { CoveragePage } from "./pages/coverage/coverage-page";
import { FeedsPage } from "./pages/feeds/feeds-page";
import { MapPage } from "./pages/map/map-page";
import { MutesPage } from "./pages/mutes/mutes-page";
import { DeskProvider } from "./pages/review/desk";
import { ReviewPage } from "./pages/review/review-page";
import { useRoute, type PageName } from "./router";
import { SessionGate } from "./session";
import { Shell } from "./shell";
import { StatusProvider } from "./status";
import { LanguageProvider } from "./words/language";

const SHOWN: Record<PageName, () => React.JSX.Element> = {
  review: ReviewPage,
  cases: CasesPage,
  map: MapPage,
  feeds: FeedsPage,
  coverage: CoveragePage,
  mutes: MutesPage,
};

export function App() {
  return (
    <LanguageProvider>
      <SessionGate>
        <StatusProvider>
          <CatalogueProvider>
            <DeskProvider>
              <CurrentPage />
            </DeskProvider>
          </CatalogueProvider>
        </StatusProvider>
      </SessionGate>
    </LanguageProvider>
  );
}

function CurrentPage() {
  const { page } = useRoute();
  const Page = SHOWN[page];
  return (
    <Shell page={page}>
      <Page />
    </Shell>
  );
}
