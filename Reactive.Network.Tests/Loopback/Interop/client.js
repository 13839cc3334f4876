'use strict';

// The client that TypeScriptClient.cs drives: @harmoniclabs/ouroboros-miniprotocols-ts over one TCP connection. Commands come as JSON lines on the
// standard input; what the library makes of the server's answers goes out as JSON lines, in the order in which it came. README.md says which faults of
// the library are worked round here.

const { createHash } = require('node:crypto');
const { EventEmitter } = require('node:events');
const net = require('node:net');
const readline = require('node:readline');
const { blake2b } = require('blakejs');
const { Cbor, CborUInt } = require('@harmoniclabs/cbor');
const {
  BlockFetchClient, ChainSyncClient, HandshakeClient, HandshakeProposeVersion, LocalStateQueryClient, LocalTxSubmitClient, MiniProtocol, Multiplexer,
  PeerSharingClient, RealPoint, RefuseReasonRefuse, RefuseReasonVersionMismatch, TxMonitorClient, VersionData,
} = require('@harmoniclabs/ouroboros-miniprotocols-ts');
// Not exported by the package itself.
const { KeepAliveClient } = require('@harmoniclabs/ouroboros-miniprotocols-ts/dist/protocols/keep-alive/KeepAliveClient.js');

const SDU_HEADER_BYTES = 8;
const BYRON_SLOTS_PER_EPOCH = 21600;

// Whoever started this may be gone, or have forgotten it.
const MAX_SECONDS = 300;
setTimeout(() => fail(new Error(`still running after ${MAX_SECONDS} s`)), MAX_SECONDS * 1000).unref();
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

/**
 * Stands between the socket and the library's multiplexer, which drops up to 7 bytes where a read ends inside an SDU header, reads the header from the
 * start of the memory below a view, and connects anew when it sees the socket close: gives it one whole SDU an event, in memory of its own, and no close.
 */
class SduSocket extends EventEmitter {
  #socket;
  #pending = Buffer.alloc(0);

  constructor(socket) {
    super();
    this.#socket = socket;
    socket.on('data', bytes => this.#onData(bytes));
  }

  get destroyed() {
    return this.#socket.destroyed;
  }

  address() {
    return this.#socket.address();
  }

  write(bytes) {
    return this.#socket.write(bytes);
  }

  end() {
    this.#socket.end();
  }

  #onData(bytes) {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= SDU_HEADER_BYTES) {
      const end = SDU_HEADER_BYTES + this.#pending.readUInt16BE(6);
      if (this.#pending.length < end) {
        return;
      }

      const sdu = Uint8Array.from(this.#pending.subarray(0, end));
      this.#pending = this.#pending.subarray(end);
      this.emit('data', sdu);
    }
  }
}

let socket, multiplexer, handshake, chainSync, blockFetch, keepAlive, peerSharing, stateQuery, txMonitor, txSubmission;

const commands = {
  /** Opens the connection and sends nothing. */
  connect({ port }) {
    socket = net.connect({ host: '127.0.0.1', port, noDelay: true }, () => {
      const framed = new SduSocket(socket);
      multiplexer = new Multiplexer({ protocolType: 'node-to-node', connect: () => framed });
      multiplexer.on('error', fail);
      listen();
      print({ event: 'connected' });
    });
    socket.on('error', error => print({ event: 'socketError', code: error.code }));
    socket.on('close', () => print({ event: 'closed' }));
  },

  /** Opens a connection to the Unix socket of a local node, and sends nothing. */
  connectLocal({ path }) {
    socket = net.connect({ path }, () => {
      const framed = new SduSocket(socket);
      multiplexer = new Multiplexer({ protocolType: 'node-to-client', connect: () => framed });
      multiplexer.on('error', fail);
      listenLocally();
      print({ event: 'connected' });
    });
    socket.on('error', error => print({ event: 'socketError', code: error.code }));
    socket.on('close', () => print({ event: 'closed' }));
  },

  /** Offers 16 to 19: as propose() does, but for the flag of the query, which propose() always sets. */
  proposeLocal({ magic, query }) {
    const data = [0x82, ...Cbor.encode(new CborUInt(magic)).toBuffer(), query ? 0xf5 : 0xf4];
    const entries = [16, 17, 18, 19].flatMap(version => [0x19, 0x80, version, ...data]);
    multiplexer.send(Uint8Array.from([0x82, 0x00, 0xa4, ...entries]), { hasAgency: true, protocol: MiniProtocol.Handshake });
  },

  /** All flags stand in the command: what is left out is true in the library. Offers versions 7 to 14. */
  propose({ magic, initiatorOnly, peerSharing, query }) {
    handshake.propose({ networkMagic: magic, initiatorOnlyDiffusionMode: initiatorOnly, peerSharing, query });
  },

  /** Offers these versions only. propose() takes no table for one (its check compares a key, which is text, with a number): the message itself does. */
  proposeVersions({ magic, versions, short }) {
    const data = new VersionData(
      { networkMagic: magic, initiatorOnlyDiffusionMode: false, peerSharing: false, query: false },
      { includePeerSharing: !short, includeQuery: !short });
    const versionTable = Object.fromEntries(versions.map(version => [version, data]));
    multiplexer.send(
      new HandshakeProposeVersion({ versionTable }).toCbor().toBuffer(), { hasAgency: true, protocol: MiniProtocol.Handshake });
  },

  findIntersect({ points }) {
    chainSync.findIntersect(points.map(toPoint));
  },

  /** Sends that many requests at once. The promises of all of them end with the first answer: the events count. */
  requestNext({ count }) {
    for (let i = 0; i < count; i++) {
      chainSync.requestNext();
    }
  },

  /** Sends a request for each range at once. Answers count as events, as with requestNext. */
  requestRanges({ ranges }) {
    for (const [first, last] of ranges) {
      blockFetch.requestRange(toPoint(first), toPoint(last));
    }
  },

  keepAlive({ cookie }) {
    keepAlive.request(cookie).then(({ cookie }) => print({ event: 'alive', cookie }));
  },

  sharePeers({ amount }) {
    peerSharing.request(amount);
  },

  /** The tip where no point is given. Answers count as events. */
  acquire({ point }) {
    stateQuery.sendAcquire(point === undefined ? undefined : new RealPoint(toPoint(point)));
  },

  /** A query as bytes. */
  query({ hex }) {
    stateQuery.sendQuery(Cbor.parse(Uint8Array.from(Buffer.from(hex, 'hex'))));
  },

  release() {
    stateQuery.sendRelease();
  },

  /** What the package makes of a transaction and of an acquisition: README.md says what is wrong with them. */
  submit({ hex }) {
    txSubmission.submit(Uint8Array.from(Buffer.from(hex, 'hex')));
  },

  monitor() {
    txMonitor.acquire();
  },

  /** MsgDone of one mini-protocol; done() takes the listeners away, so they are set again: the protocol may be run once more. */
  done({ protocol }) {
    ({ chainSync, blockFetch, keepAlive, peerSharing, stateQuery })[protocol].done();
    if (protocol === 'chainSync') {
      listenToChainSync(multiplexer.isN2N ? fromHeader : fromBlock);
    } else if (protocol === 'blockFetch') {
      listenToBlockFetch();
    } else if (protocol === 'stateQuery') {
      listenToStateQuery();
    }

    print({ event: 'done', protocol });
  },

  close() {
    multiplexer.close();
  },
};

function listen() {
  handshake = new HandshakeClient(multiplexer);
  handshake.on('error', fail);
  handshake.on('accept', ({ versionNumber, versionData }) => print({ event: 'accept', version: versionNumber, ...toFlags(versionData) }));
  handshake.on('refuse', ({ reason }) => print({ event: 'refuse', ...toReason(reason) }));
  handshake.on('queryReply', ({ versionTable }) => print({
    event: 'queryReply',
    versions: Object.entries(versionTable).map(([version, data]) => ({ version: Number(version), ...toFlags(data) })),
  }));

  chainSync = new ChainSyncClient(multiplexer);
  listenToChainSync(fromHeader);
  blockFetch = new BlockFetchClient(multiplexer);
  listenToBlockFetch();
  keepAlive = new KeepAliveClient(multiplexer);
  keepAlive.on('error', fail);
  peerSharing = new PeerSharingClient(multiplexer);
  peerSharing.on('response', ({ peerAddresses }) => print({
    event: 'peers', peers: peerAddresses.map(({ address, portNumber }) => ({ address, port: Number(portNumber) })),
  }));
}

function listenLocally() {
  handshake = new HandshakeClient(multiplexer);
  handshake.on('error', fail);
  handshake.on('accept', ({ versionNumber, versionData }) => print({ event: 'accept', version: versionNumber, magic: versionData.networkMagic }));
  handshake.on('refuse', ({ reason }) => print({ event: 'refuse', ...toReason(reason) }));
  handshake.on('queryReply', () => print({ event: 'queryReply' }));

  chainSync = new ChainSyncClient(multiplexer);
  listenToChainSync(fromBlock);
  stateQuery = new LocalStateQueryClient(multiplexer);
  listenToStateQuery();
  txMonitor = new TxMonitorClient(multiplexer);
  txSubmission = new LocalTxSubmitClient(multiplexer);
}

function listenToChainSync(read) {
  // Unlike that of the others, its done() keeps this one.
  chainSync.clearListeners('error');
  chainSync.on('error', fail);
  chainSync.on('intersectFound', ({ point, tip }) => print({ event: 'intersectFound', point: fromPoint(point), tip: fromTip(tip) }));
  chainSync.on('intersectNotFound', ({ tip }) => print({ event: 'intersectNotFound', tip: fromTip(tip) }));
  chainSync.on('awaitReply', () => print({ event: 'awaitReply' }));
  chainSync.on('rollForward', ({ data, tip }) => print({ event: 'rollForward', ...read(data), tip: fromTip(tip) }));
  chainSync.on('rollBackwards', ({ point, tip }) => print({ event: 'rollBackward', point: fromPoint(point), tip: fromTip(tip) }));
}

function listenToStateQuery() {
  stateQuery.clearListeners('error');
  stateQuery.on('error', fail);
  stateQuery.on('acquired', () => print({ event: 'acquired' }));
  stateQuery.on('failure', message => print({ event: 'failure', bytes: toHex(message.cborBytes) }));
  stateQuery.on('result', message => print({ event: 'result', bytes: toHex(message.cborBytes) }));
}

function listenToBlockFetch() {
  blockFetch.on('error', fail);
  blockFetch.on('startBatch', () => print({ event: 'startBatch' }));
  blockFetch.on('noBlocks', () => print({ event: 'noBlocks' }));
  blockFetch.on('batchDone', () => print({ event: 'batchDone' }));
  blockFetch.on('block', message => {
    const bytes = message.getBlockBytes();
    print({ event: 'block', bytes: bytes.length, sha256: sha256(bytes) });
  });
}

function toFlags({ networkMagic, initiatorOnlyDiffusionMode, peerSharing, query }) {
  return { magic: networkMagic, initiatorOnly: initiatorOnlyDiffusionMode, peerSharing, query };
}

function toReason(reason) {
  if (reason instanceof RefuseReasonVersionMismatch) {
    return { reason: 'versionMismatch', versions: reason.validVersions };
  }

  const isRefused = reason instanceof RefuseReasonRefuse;
  return { reason: isRefused ? 'refused' : 'decodeError', version: reason.version, text: isRefused ? reason.errorMessage : reason.decodeError };
}

function toPoint(point) {
  return point === null ? {} : { blockHeader: { slotNumber: BigInt(point.slot), hash: Uint8Array.from(Buffer.from(point.hash, 'hex')) } };
}

function fromPoint({ blockHeader }) {
  return blockHeader === undefined ? null : { slot: Number(blockHeader.slotNumber), hash: toHex(blockHeader.hash) };
}

function fromTip({ point, blockNo }) {
  return { point: fromPoint(point), number: Number(blockNo) };
}

/** [era index, 24(header)], and for Byron [0, [[kind, size], 24(header)]]: the library leaves it to us. */
function fromHeader(data) {
  const [index, wrapped] = data.array;
  const era = Number(index.num);
  if (era === 0) {
    const [[kind, size], tagged] = [wrapped.array[0].array.map(item => Number(item.num)), wrapped.array[1]];
    const bytes = fromTag24(tagged);
    const consensus = Cbor.parse(bytes).array[3].array;
    const point = kind === 0
      ? { slot: Number(consensus[0].num) * BYRON_SLOTS_PER_EPOCH, number: Number(consensus[1].array[0].num) }
      : {
        slot: Number(consensus[0].array[0].num) * BYRON_SLOTS_PER_EPOCH + Number(consensus[0].array[1].num),
        number: Number(consensus[2].array[0].num),
      };
    return { era, kind, size, ...point, hash: blockHash(Buffer.concat([Buffer.of(0x82, kind), bytes])), bytes: bytes.length, sha256: sha256(bytes) };
  }

  const bytes = fromTag24(wrapped);
  const [number, slot] = Cbor.parse(bytes).array[0].array.map(item => Number(item.num));
  return { era, slot, number, hash: blockHash(bytes), bytes: bytes.length, sha256: sha256(bytes) };
}

/** 24([tag, block]): a local node sends whole blocks. */
function fromBlock(data) {
  const bytes = fromTag24(data);
  return { bytes: bytes.length, sha256: sha256(bytes) };
}

function fromTag24(item) {
  if (item.tag !== 24n) {
    throw new Error(`a header in tag ${item.tag}`);
  }

  return item.data.buffer;
}

function blockHash(bytes) {
  return toHex(blake2b(bytes, undefined, 32));
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function toHex(bytes) {
  return Buffer.from(bytes).toString('hex');
}

let unwritten = '';

/** One write for all that a read of the socket brings. */
function print(line) {
  if (unwritten === '') {
    setImmediate(flush);
  }

  unwritten += JSON.stringify(line) + '\n';
}

function flush() {
  process.stdout.write(unwritten);
  unwritten = '';
}

function fail(error) {
  print({ event: 'error', message: String(error?.message ?? error) });
  flush();
  process.exit(1);
}

const input = readline.createInterface({ input: process.stdin });
input.on('line', line => {
  const { command, ...rest } = JSON.parse(line);
  commands[command](rest);
});
input.on('close', () => process.exit(0));
