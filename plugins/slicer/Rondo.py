"""Contours of a CT from Rondo, in 3D Slicer. Not run in Slicer: see README.md beside it."""

import os
import shutil
import sys
import tempfile

import qt
import slicer
from DICOMLib import DICOMUtils
from slicer.ScriptedLoadableModule import ScriptedLoadableModule, ScriptedLoadableModuleLogic, ScriptedLoadableModuleWidget

# Not beside this file, where Slicer takes every Python file for a module.
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'python'))
from rondo_client import DONE, Rondo as RondoClient, RondoError, in_words  # noqa: E402

EVERY_MS = 3000
NOTE = 'Research software, not for clinical use. What comes back is a draft: review every contour.'


class Rondo(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = 'Rondo'
        parent.categories = ['Radiotherapy']
        parent.contributors = ['The authors of Rondo']
        parent.helpText = 'Sends the chosen CT to Rondo and loads the contours that come back. ' + NOTE


class RondoWidget(ScriptedLoadableModuleWidget):
    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = RondoLogic()
        form = qt.QFormLayout()
        self.layout.addLayout(form)
        self.ct = slicer.qMRMLNodeComboBox()
        self.ct.nodeTypes = ['vtkMRMLScalarVolumeNode']
        self.ct.addEnabled = False
        self.ct.removeEnabled = False
        self.ct.setMRMLScene(slicer.mrmlScene)
        form.addRow('CT:', self.ct)
        self.protocol = qt.QLineEdit('thorax-oar')
        self.protocol.setToolTip("A protocol of Rondo's; empty leaves the choice to its rules")
        form.addRow('Protocol:', self.protocol)
        self.button = qt.QPushButton('Contour')
        self.button.connect('clicked(bool)', self.contour)
        form.addRow(self.button)
        self.words = qt.QLabel(NOTE)
        self.words.setWordWrap(True)
        form.addRow(self.words)
        self.layout.addStretch(1)
        self.timer = qt.QTimer()
        self.timer.setInterval(EVERY_MS)
        # The next look is planned when the last is over: what a slow Rondo makes wait must not pile up.
        self.timer.setSingleShot(True)
        self.timer.connect('timeout()', self.look)

    def cleanup(self):
        self.timer.stop()

    def contour(self, _checked=False):
        self.button.enabled = False
        self.say('Sending the CT to Rondo')
        try:
            self.logic.send(self.ct.currentNode(), self.protocol.text.strip() or None)
            self.timer.start()
        except (RondoError, OSError) as error:
            self.end(str(error))

    def look(self):
        try:
            job = self.logic.look()
            if job['state'] in DONE:
                self.logic.load(job)
                self.end(in_words(job) + '\n' + NOTE)
                return
            self.say(in_words(job))
        except RondoError as error:
            if error.code != 'unreachable':
                self.end(str(error))
                return
            self.say(str(error) + ' Asking again.')
        self.timer.start()

    def say(self, words):
        self.words.setText(words)
        slicer.app.processEvents()

    def end(self, words):
        self.button.enabled = True
        self.say(words)


class RondoLogic(ScriptedLoadableModuleLogic):
    def send(self, volume, protocol):
        """Sends the images of a volume that was loaded from the DICOM database, and asks for contours."""
        instances = (volume.GetAttribute('DICOM.instanceUIDs') or '').split() if volume else []
        if not instances:
            raise RondoError('no-dicom', 'The volume does not come from the DICOM database. Choose a CT that was loaded by the DICOM module.')
        database = slicer.dicomDatabase
        files = [database.fileForInstance(uid) for uid in instances]
        study, series = database.fileValue(files[0], '0020,000D'), database.fileValue(files[0], '0020,000E')
        self.rondo = RondoClient.from_environment()
        self.rondo.store(files)
        self.job_id = self.rondo.submit(study, series, protocol=protocol)['id']

    def look(self):
        return self.rondo.look(self.job_id)

    def load(self, job):
        """Puts the structure set into the DICOM database and loads it: SlicerRT reads it."""
        folder = tempfile.mkdtemp(prefix='rondo-')
        try:
            with open(os.path.join(folder, 'RS.dcm'), 'wb') as file:
                file.write(self.rondo.structure_set(job['id']))
            DICOMUtils.importDicom(folder, slicer.dicomDatabase, copyFiles=True)
        finally:
            shutil.rmtree(folder)
        file = slicer.dicomDatabase.fileForInstance(job['structureSetUid'])
        if not file:
            raise RondoError('not-imported', 'The structure set did not get into the DICOM database. Look at the log of Slicer, and whether the database is open.')
        DICOMUtils.loadSeriesByUID([slicer.dicomDatabase.seriesForFile(file)])
