import { api } from "../../api/endpoints";
import type { Mute } from "../../api/shapes";
import { Asked } from "../../parts/asked";
import { useSession } from "../../session";
import { useWords } from "../../words/language";

/** Takes a mute back, or a lift. */
export function LiftMute({ mute, onChanged }: { mute: Mute; onChanged: () => void }) {
  const words = useWords().mutes;
  const { session } = useSession();
  const lifted = mute.state === "lifted";
  if (session.role === "viewer" || (mute.state !== "active" && !lifted)) return null;
  return (
    <Asked
      name={lifted ? words.restore : words.lift}
      question={lifted ? words.restoreAsk : words.liftAsk}
      about="mute"
      act={(note) => (lifted ? api.restoreMute(mute.id, note) : api.liftMute(mute.id, note))}
      onDone={onChanged}
    />
  );
}
