// The page of a tablet that was withdrawn: what it keeps is made unreadable, whoever opens which page first.
import { wipe } from "./vault.js";

await wipe("revoked");
