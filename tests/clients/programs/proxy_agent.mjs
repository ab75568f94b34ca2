// What a Node program before 24 needs in its own code to heed HTTPS_PROXY: loaded before it, by --import.

import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";

setGlobalDispatcher(new EnvHttpProxyAgent());
