// Contours of the image that is open in Eclipse, from Rondo: asks for them, and tells until they are delivered. Read-only for Eclipse.
// Not run in Eclipse: README.md beside it says what was tried, how to compile it and what to approve. C# 5, .NET Framework 4.5 or newer.
//
// Environment of the user: RONDO_URL; RONDO_KEY, or RONDO_KEY_FILE with the key and nothing else in it; RONDO_ARCHIVE, the name in rondo.yaml of
// the archive that holds the CT, or nothing where it was sent to Rondo; RONDO_PROTOCOL, or nothing where Rondo's rules shall choose.
// What leaves Eclipse is two UIDs.

using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Tasks;
using System.Web.Script.Serialization;
using System.Windows;
using System.Windows.Controls;
using VMS.TPS.Common.Model.API;
using VMS.TPS.Common.Model.Types;

namespace VMS.TPS
{
    public class Script
    {
        const int EveryMs = 3000;
        const string Note = "Research software, not for clinical use. Contours are a draft: review every one.";

        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Execute(ScriptContext context, Window window)
        {
            var text = new TextBox { IsReadOnly = true, TextWrapping = TextWrapping.Wrap, Margin = new Thickness(12), BorderThickness = new Thickness(0) };
            window.Title = "Rondo";
            window.Width = 560;
            window.Height = 260;
            window.Content = text;
            if (context.Image == null || context.Image.Series == null || context.Image.Series.Modality != SeriesModality.CT)
            {
                text.Text = "There is no CT to contour. Open the patient, with the CT in the view, and start the script again.";
                return;
            }
            // Read here, on the thread of Eclipse: its objects must not be touched from another.
            string study = context.Image.Series.Study.UID, series = context.Image.Series.UID;
            var open = true;
            window.Closed += (sender, e) => open = false;
            window.Loaded += async (sender, e) =>
            {
                try
                {
                    var rondo = RondoClient.FromEnvironment();
                    text.Text = "Asking Rondo for contours";
                    var id = await Task.Run(() => rondo.Submit(study, series, Setting("RONDO_ARCHIVE"), Setting("RONDO_PROTOCOL")));
                    while (open)
                    {
                        var job = await Task.Run(() => rondo.Look(id));
                        text.Text = job.Words;
                        if (job.IsDone)
                        {
                            text.Text = job.Words + "\n\nImport the structure set as any other that has come by DICOM.\n" + Note;
                            return;
                        }
                        await Task.Delay(EveryMs);
                    }
                }
                catch (RondoException error)
                {
                    text.Text = "Rondo: " + error.Message;
                }
                catch (Exception error)
                {
                    // Nothing of this script may end Eclipse.
                    text.Text = "This script failed (" + error.GetType().Name + "). Look at the job on Rondo's status page.";
                }
            };
        }

        internal static string Setting(string name)
        {
            var value = Environment.GetEnvironmentVariable(name);
            return string.IsNullOrWhiteSpace(value) ? null : value.Trim();
        }
    }

    /// <summary>Says what was wrong and what to do; Code is meant for programs.</summary>
    public class RondoException : Exception
    {
        public readonly string Code;

        public RondoException(string code, string message) : base(message)
        {
            Code = code;
        }
    }

    /// <summary>A job as a person should know it.</summary>
    public class RondoJob
    {
        public bool IsDone;
        public string Words;
    }

    /// <summary>Asks Rondo's API. Certificates are checked as Windows checks them.</summary>
    public class RondoClient
    {
        const int TimeoutMs = 30000;
        const int AwayTimes = 40;
        static readonly string[] Done = { "delivered", "corrected", "approved" };
        readonly string url;
        readonly string key;
        int away;

        public RondoClient(string address, string key)
        {
            Uri parsed;
            if (!Uri.TryCreate(address, UriKind.Absolute, out parsed) || (parsed.Scheme != "https" && !(parsed.Scheme == "http" && parsed.IsLoopback)))
                throw new RondoException("url", "The address of Rondo cannot be used. Expected RONDO_URL such as https://rondo.hospital.example: by http the key would travel readable.");
            url = address.TrimEnd('/');
            this.key = key;
            // Older .NET Frameworks do not offer it by themselves.
            ServicePointManager.SecurityProtocol |= SecurityProtocolType.Tls12;
        }

        public static RondoClient FromEnvironment()
        {
            var key = Script.Setting("RONDO_KEY");
            var file = Script.Setting("RONDO_KEY_FILE");
            if (key == null && file != null)
            {
                try { key = File.ReadAllText(file).Trim(); }
                catch (Exception error)
                {
                    if (!(error is IOException || error is UnauthorizedAccessException || error is ArgumentException)) throw;
                    throw new RondoException("key-file", "The file of RONDO_KEY_FILE cannot be read. Expected one that holds the key and that you may read.");
                }
            }
            return new RondoClient(Script.Setting("RONDO_URL") ?? "http://127.0.0.1:8500", key);
        }

        /// <summary>Asks for a series to be contoured. Returns the id of its job.</summary>
        public string Submit(string studyUid, string seriesUid, string archive, string protocol)
        {
            var named = new Dictionary<string, object> { { "studyInstanceUid", studyUid }, { "seriesInstanceUid", seriesUid } };
            if (archive != null) named["archive"] = archive;
            if (protocol != null) named["protocol"] = protocol;
            return (string)Ask("POST", "/api/jobs", new JavaScriptSerializer().Serialize(named))["id"];
        }

        /// <summary>The job as it stands; where it was cancelled because another contours the same images, that one.</summary>
        /// <exception cref="RondoException">with its problem and its cure where it failed or was cancelled</exception>
        public RondoJob Look(string id)
        {
            Dictionary<string, object> job;
            try
            {
                job = Ask("GET", "/api/jobs/" + id, null);
                away = 0;
            }
            catch (RondoException error)
            {
                // It is away while it is restarted.
                if (error.Code != "unreachable" || ++away > AwayTimes) throw;
                return new RondoJob { Words = error.Message + " Asking again." };
            }
            var state = (string)job["state"];
            if (state == "cancelled")
            {
                object told;
                var last = (Dictionary<string, object>)((IEnumerable)job["events"]).Cast<object>().Last();
                var details = last.TryGetValue("details", out told) ? (Dictionary<string, object>)told : new Dictionary<string, object>();
                if (details.ContainsKey("job")) return Look((string)details["job"]);
                throw new RondoException("cancelled", "The job was cancelled" + (details.ContainsKey("reason") ? ": " + details["reason"] : "."));
            }
            if (state == "failed") throw new RondoException("failed", job.ContainsKey("problem") ? ProblemOf(job) : "The job failed. Look at it on the status page.");
            var words = new List<string> { state + (job.ContainsKey("protocol") ? " by the protocol " + job["protocol"] : "") };
            object progress;
            if (job.TryGetValue("progress", out progress))
            {
                var at = (Dictionary<string, object>)progress;
                words.Add(at["stage"] + " " + at["done"] + " of " + at["total"]);
            }
            if (job.ContainsKey("problem")) words.Add(ProblemOf(job));
            foreach (Dictionary<string, object> delivery in (IEnumerable)job["deliveries"])
                words.Add(delivery["destination"] + ": " + delivery["state"] + (delivery.ContainsKey("problem") ? " – " + ProblemOf(delivery) : ""));
            var isDone = Done.Contains(state);
            if (isDone) words.AddRange(((IEnumerable)job["notes"]).Cast<string>());
            return new RondoJob { IsDone = isDone, Words = string.Join("\n", words) };
        }

        static string ProblemOf(Dictionary<string, object> thing)
        {
            var problem = (Dictionary<string, object>)thing["problem"];
            return problem["message"] + " " + problem["cure"];
        }

        Dictionary<string, object> Ask(string method, string path, string body)
        {
            var request = (HttpWebRequest)WebRequest.Create(url + path);
            request.Method = method;
            request.Timeout = TimeoutMs;
            // Rondo stands in the hospital: no proxy is asked, and no redirection takes the key elsewhere.
            request.Proxy = null;
            request.AllowAutoRedirect = false;
            if (key != null) request.Headers[HttpRequestHeader.Authorization] = "Bearer " + key;
            try
            {
                if (body != null)
                {
                    var bytes = Encoding.UTF8.GetBytes(body);
                    request.ContentType = "application/json";
                    using (var stream = request.GetRequestStream()) stream.Write(bytes, 0, bytes.Length);
                }
                using (var answer = (HttpWebResponse)request.GetResponse()) return Parsed(answer);
            }
            catch (WebException error)
            {
                if (error.Status == WebExceptionStatus.TrustFailure)
                    throw new RondoException("certificate", "The certificate of Rondo is not trusted here. Have Windows trust its authority, and give the name that the certificate is for in RONDO_URL.");
                if (error.Response == null)
                    throw new RondoException("unreachable", "Rondo was not reached. Look whether it runs, at RONDO_URL and at the firewall between.");
                using (var answer = (HttpWebResponse)error.Response)
                {
                    var refusal = (Dictionary<string, object>)Parsed(answer)["error"];
                    throw new RondoException((string)refusal["code"], (string)refusal["message"]);
                }
            }
            catch (IOException)
            {
                throw new RondoException("unreachable", "The connection to Rondo broke.");
            }
        }

        static Dictionary<string, object> Parsed(HttpWebResponse answer)
        {
            using (var reader = new StreamReader(answer.GetResponseStream(), Encoding.UTF8))
            {
                Dictionary<string, object> parsed = null;
                try { parsed = new JavaScriptSerializer { MaxJsonLength = int.MaxValue }.DeserializeObject(reader.ReadToEnd()) as Dictionary<string, object>; }
                catch (ArgumentException) { }
                // A redirection, a login page of a proxy, another service.
                if (parsed == null || ((int)answer.StatusCode >= 300 && !(parsed.ContainsKey("error") && parsed["error"] is Dictionary<string, object>)))
                    throw new RondoException("answer", "What answered is not Rondo. Look at RONDO_URL.");
                return parsed;
            }
        }
    }
}
