"""Asks Rondo for contours: Python 3.6 or newer and nothing else, so that it runs in the Python of planning systems and viewers.

    rondo = Rondo.from_environment()
    job = rondo.submit(study_uid, series_uid, protocol='thorax-oar')
    job = rondo.follow(job['id'], tell=print)

Research software, not for clinical use. What is sent is UIDs, and by `store` the images that are given; no names.
"""

import json
import os
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

DONE = ('delivered', 'corrected', 'approved')
LOOPBACK = ('127.0.0.1', '::1', 'localhost')
STORE_BYTES = 32 * 1024 * 1024
# The server is away while it is restarted.
AWAY_S = 120


class RondoError(Exception):
    """Says what was wrong and what to do; `code` is meant for programs."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Rondo:
    """One Rondo, at its address. Every call raises RondoError where it was refused, or not reached (`unreachable`)."""

    def __init__(self, url, key=None, ca_file=None, timeout_s=30):
        """`ca_file`: PEM file of the authority that Rondo's certificate is of, where this machine does not trust it already."""
        address = urllib.parse.urlsplit(url)
        if address.scheme not in ('http', 'https') or not address.hostname:
            raise RondoError('url', 'The address of Rondo cannot be used. Expected RONDO_URL such as https://rondo.hospital.example.')
        if address.scheme == 'http' and address.hostname not in LOOPBACK:
            raise RondoError('url', 'The address of Rondo begins with http: key and images would travel readable. Expected https, see http.tls and http.publicUrl in rondo.yaml.')
        self._url = url.rstrip('/')
        self._key = key.strip() if key else None
        self._timeout_s = timeout_s
        try:
            tls = ssl.create_default_context(cafile=ca_file)
        except (OSError, ssl.SSLError):
            raise RondoError('ca-file', 'The authorities in RONDO_CA_FILE cannot be read. Expected a PEM file of certificates.') from None
        # Rondo stands in the hospital: no proxy is asked, and no redirection takes the key elsewhere.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls), _NoRedirect())

    @classmethod
    def from_environment(cls, environment=os.environ):
        """RONDO_URL; RONDO_KEY, or RONDO_KEY_FILE with the key and nothing else in it; RONDO_CA_FILE."""
        key = environment.get('RONDO_KEY')
        if not key and 'RONDO_KEY_FILE' in environment:
            try:
                with open(environment['RONDO_KEY_FILE'], encoding='utf-8') as file:
                    key = file.read()
            except (OSError, UnicodeDecodeError):
                raise RondoError('key-file', 'The file of RONDO_KEY_FILE cannot be read. Expected one that holds the key and that you may read.') from None
        return cls(environment.get('RONDO_URL', 'http://127.0.0.1:8500'), key, environment.get('RONDO_CA_FILE'))

    def me(self):
        """Who this program is to Rondo, and what it may do: to try a connection."""
        return self._json('GET', '/api/me')

    def submit(self, study_uid, series_uid, archive=None, protocol=None):
        """The job of a series. `archive`: name of the archive in rondo.yaml that holds it, Rondo itself without it. `protocol`: chosen by Rondo's rules without it."""
        named = {'studyInstanceUid': study_uid, 'seriesInstanceUid': series_uid, 'archive': archive, 'protocol': protocol}
        body = json.dumps({key: value for key, value in named.items() if value is not None}).encode()
        return self._json('POST', '/api/jobs', body, 'application/json')

    def store(self, files):
        """Sends DICOM files (STOW-RS). Raises RondoError `not-stored` where any was not taken."""
        batch, size = [], 0
        for file in files:
            with open(file, 'rb') as opened:
                batch.append(opened.read())
            size += len(batch[-1])
            if size >= STORE_BYTES:
                self._store(batch)
                batch, size = [], 0
        if batch:
            self._store(batch)

    def look(self, job_id):
        """
        The job as it stands; where it was cancelled because another contours the same images, that one.
        Raises RondoError with the job's problem and its cure where it failed or was cancelled.
        """
        job = self._json('GET', '/api/jobs/' + job_id)
        if job['state'] == 'cancelled':
            details = job['events'][-1].get('details', {})
            if 'job' in details:
                return self.look(details['job'])
            raise RondoError('cancelled', 'The job was cancelled' + (': ' + details['reason'] if 'reason' in details else '.'))
        if job['state'] == 'failed':
            problem = job.get('problem', {'code': 'failed', 'message': 'The job failed.', 'cure': 'Look at it on the status page.'})
            raise RondoError(problem['code'], '{message} {cure}'.format(**problem).strip())
        return job

    def follow(self, job_id, tell, every_s=3, longest_s=3600):
        """Looks at a job until its structure set is delivered, and tells each change in words. Raises as `look` does, and `too-long`."""
        began = reached = time.monotonic()
        told = None
        while True:
            now = time.monotonic()
            try:
                job = self.look(job_id)
            except RondoError as error:
                if error.code != 'unreachable' or now - reached > AWAY_S:
                    raise
                job, words = None, 'Rondo does not answer; asking again.'
            else:
                reached, words = now, in_words(job)
            if words != told:
                tell(words)
                told = words
            if job is not None and job['state'] in DONE:
                return job
            if now - began > longest_s:
                raise RondoError('too-long', 'The job is not done after {:.0f} minutes. It goes on: look at it on the status page. {}'.format(longest_s / 60, words))
            time.sleep(every_s)

    def structure_set(self, job_id):
        """Bytes of the RT Structure Set of a job. The key needs the role reviewer."""
        return self._ask('GET', '/api/jobs/' + job_id + '/structure-set')

    def _store(self, instances):
        boundary = uuid.uuid4().hex
        head = '--{}\r\ncontent-type: application/dicom\r\n\r\n'.format(boundary).encode()
        body = b''.join(head + instance + b'\r\n' for instance in instances) + '--{}--\r\n'.format(boundary).encode()
        # 409: none was stored, and the answer says why as if some had been.
        answer = self._json('POST', '/dicom-web/studies', body, 'multipart/related; type="application/dicom"; boundary=' + boundary, taken=409)
        if 'error' in answer:
            raise RondoError(answer['error']['code'], answer['error']['message'])
        # Failed SOP Sequence and Failure Reason (PS3.18 table I.2-1).
        failed = answer.get('00081198', {}).get('Value', [])
        if failed:
            reason = failed[0].get('00081197', {}).get('Value', [0])[0]
            raise RondoError('not-stored', 'Rondo did not take {} of {} images (failure reason {:04X}, docs/conformance.md). Only CT images and structure sets are taken.'.format(len(failed), len(instances), reason))

    def _json(self, method, path, body=None, media_type=None, taken=None):
        try:
            return json.loads(self._ask(method, path, body, media_type, taken).decode('utf-8'))
        except ValueError:
            raise RondoError('answer', 'What answered is not Rondo. Look at RONDO_URL.') from None

    def _ask(self, method, path, body=None, media_type=None, taken=None):
        headers = {'accept': '*/*'}
        if media_type is not None:
            headers['content-type'] = media_type
        if self._key is not None:
            headers['authorization'] = 'Bearer ' + self._key
        try:
            with self._opener.open(urllib.request.Request(self._url + path, body, headers, method=method), timeout=self._timeout_s) as answer:
                return answer.read()
        except urllib.error.HTTPError as answer:
            text = answer.read()
            if answer.code == taken:
                return text
            raise _refusal(answer.code, text) from None
        except ssl.CertificateError:
            raise _untrusted() from None
        except urllib.error.URLError as error:
            if 'CERTIFICATE_VERIFY_FAILED' in str(error.reason):
                raise _untrusted() from None
            raise RondoError('unreachable', 'Rondo was not reached. Look whether it runs, at RONDO_URL and at the firewall between.') from None
        except OSError:
            raise RondoError('unreachable', 'Rondo did not answer in time, or the connection broke.') from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def _untrusted():
    return RondoError('certificate', 'The certificate of Rondo is not trusted here. Give its authority in RONDO_CA_FILE, and the name that the certificate is for in RONDO_URL.')


def _refusal(status, text):
    try:
        error = json.loads(text.decode('utf-8'))['error']
        return RondoError(error['code'], error['message'])
    except (ValueError, KeyError, TypeError):
        return RondoError('answer', 'What answered is not Rondo (HTTP {}). Look at RONDO_URL.'.format(status))


def in_words(job):
    """What a person should know of a job: its state, what it waits for and what to do about it."""
    words = [job['state'] + ' by the protocol ' + job['protocol'] if 'protocol' in job else job['state']]
    if 'progress' in job:
        words.append('{stage} {done} of {total}'.format(**job['progress']))
    if 'problem' in job:
        words.append('{message} {cure}'.format(**job['problem']))
    for delivery in job['deliveries']:
        words.append('{destination}: {state}'.format(**delivery) + (' – {message} {cure}'.format(**delivery['problem']) if 'problem' in delivery else ''))
    return '; '.join(words + list(job['notes'] if job['state'] in DONE else []))
