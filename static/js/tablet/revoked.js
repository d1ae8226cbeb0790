// The server says that this tablet was withdrawn: from now on nobody reads what it keeps, the finder least of all.
import * as vault from "./vault.js";

await vault.wipe("revoked");
