// What a pickup sends: the payload of its command, and the record that the people sign under.
import { sha256, sha256OfValue } from "./hash.js";

// What stands above the signatures: readings, points in order, note, marks, and the pictures by their hashes.
//   {odometer_km, battery_percent, checklist: {template, checked}, note, marks: [{part, kind, note, x, y, photo}],
//    photos: {position: sha256}}
export async function recordOf({ list, listName, values, files }) {
  const { readings, checklist, note, marks } = values;
  const photos = {};
  for (const { code } of list.photos) {
    if (files[`photo:${code}`]) photos[code] = await hashOf(files[`photo:${code}`]);
  }
  return {
    odometer_km: readings.odometer_km,
    battery_percent: readings.battery_percent,
    checklist: { template: listName, checked: checklist.checked },
    note,
    marks: await Promise.all(marks.map(async (mark) => ({ ...bare(mark), photo: await markPhoto(mark, files) }))),
    photos,
  };
}

const bare = ({ part, kind, note, x, y }) => ({ part, kind, note, x, y });

async function markPhoto({ key }, files) {
  const blob = files[`mark:${key}`];
  return blob ? hashOf(blob) : null;
}

const hashes = new WeakMap();

async function hashOf(blob) {
  if (!hashes.has(blob)) hashes.set(blob, await sha256(await blob.arrayBuffer()));
  return hashes.get(blob);
}

// Two signatures hold under one record and one text: whichever changes, they are asked for again.
export async function signedBasis(state) {
  const record = await sha256OfValue(await recordOf(state));
  return { record_sha256: record, basis: `${record}.${state.textHash}` };
}

export async function commandOf(state, { keysAt }) {
  const { booking, listName, values, files, textHash } = state;
  const { record_sha256: recordSha256 } = await signedBasis(state);
  const drivers = booking.drivers.filter(({ code }) => values.papers.drivers.includes(code));
  const people = [booking.renter, ...drivers];
  const { contract } = booking;
  const payload = {
    booking: booking.code,
    vehicle: booking.vehicle.code,
    began_at: values.began_at,
    papers: {
      seen: values.papers.seen,
      face: values.papers.face,
      drivers: drivers.map(({ code }) => code),
      selfies: people.flatMap(({ papers }) => papers.selfies),
    },
    odometer_km: values.readings.odometer_km,
    battery_percent: values.readings.battery_percent,
    checklist: { template: listName, checked: values.checklist.checked },
    note: values.note,
    marks: values.marks.map((mark, index) => ({ ...bare(mark), file: files[`mark:${mark.key}`] ? `mark:${index}` : null })),
    contract: { number: contract.number, version: contract.version, sha256: contract.sha256, text_sha256: textHash },
    record_sha256: recordSha256,
    consented: values.consented,
    signatures: values.signatures,
    cash: values.cash,
    keys_at: keysAt,
  };
  return { payload, files: carried(state) };
}

function carried({ list, values, files }) {
  const photos = list.photos.map(({ code }) => `photo:${code}`);
  const found = ["signature:renter", "signature:staff", ...photos]
    .filter((role) => files[role])
    .map((role) => ({ role, blob: files[role] }));
  values.marks.forEach(({ key }, index) => {
    const blob = files[`mark:${key}`];
    if (blob) found.push({ role: `mark:${index}`, blob });
  });
  return found;
}
