// Browsers start no worker from file://. The search asks for one, and gets a frame that reads the same script instead.
if (location.protocol === "file:") {
  window.Worker = window.IFrameWorker = class extends EventTarget {
    constructor(address) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      const inner = frame.contentWindow;
      const read = (source) => new Promise((resolve, reject) => {
        const script = inner.document.createElement("script");
        Object.assign(script, {src: source, onload: resolve, onerror: reject});
        inner.document.head.append(script);
      });
      inner.importScripts = async (...sources) => { for (const source of sources) await read(source); };
      inner.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", {data}));
      const ready = read(new URL(address, document.baseURI).href);
      this.postMessage = (data) => ready.then(() => inner.dispatchEvent(new MessageEvent("message", {data})));
      this.terminate = () => frame.remove();
    }
  };
}
